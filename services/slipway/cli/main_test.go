package cli_test

import (
	"testing"

	"slipway.dev/services/slipway/e2e"
)

func TestMain(m *testing.M) { e2e.Main(m) }
