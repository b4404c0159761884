package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"slipway.dev/events"
	"slipway.dev/services/deployer/appfile"
	"slipway.dev/services/slipway/fault"
)

// artifactMax is the size of an artifact at most; the deployer refuses more.
const artifactMax = 512 << 20

// prepared is an app whose artifact is built and hashed.
type prepared struct {
	appfile.App
	path string // of the artifact; empty: none
}

// prepare builds and hashes the apps of a file; nothing is sent.
func (e *Env) prepare(ctx context.Context, file string, apps []appfile.App) (list []prepared, err error) {
	for _, app := range apps {
		if len(app.Build) > 0 {
			if err := e.build(ctx, file, app); err != nil {
				return nil, err
			}
		}
		p := prepared{App: app}
		if app.ArtifactPath != "" {
			p.path = beside(file, app.ArtifactPath)
			a, err := hash(app, p.path)
			if err != nil {
				return nil, err
			}
			p.Document.SetArtifact(a)
		}
		list = append(list, p)
	}
	return list, nil
}

// build runs the app's own command in the folder of its file.
func (e *Env) build(ctx context.Context, file string, app appfile.App) error {
	cmd := exec.CommandContext(ctx, app.Build[0], app.Build[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = ".", e.Err, e.Err
	if file != stdin {
		cmd.Dir = filepath.Dir(file)
	}
	err := cmd.Run()
	words := strings.Join(app.Build, " ")
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return detached
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return fault.New("SLW-D003", "build of %s: there is no command %s here", app.Document.Name, app.Build[0]).Because(err.Error())
	}
	return fault.New("SLW-D003", "build of %s failed: %s", app.Document.Name, words).Because(err.Error())
}

// hash reads an artifact whole.
func hash(app appfile.App, path string) (events.Artifact, error) {
	f, err := os.Open(path)
	if err != nil {
		return events.Artifact{}, unfit(app, "artifact", "cannot be read: %v", err)
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(f, artifactMax+1))
	switch {
	case err != nil:
		return events.Artifact{}, unfit(app, "artifact", "cannot be read: %v", err)
	case n == 0:
		return events.Artifact{}, unfit(app, "artifact", "is empty: %s", path)
	case n > artifactMax:
		return events.Artifact{}, unfit(app, "artifact", "is larger than 512Mi: %s", path)
	}
	return events.Artifact{SHA256: hex.EncodeToString(sum.Sum(nil)), SizeBytes: n, Name: app.Document.Artifact.Name}, nil
}

// upload keeps an app's artifact where the nodes fetch it.
func (s *session) upload(ctx context.Context, p prepared) error {
	if p.path == "" {
		return nil
	}
	f, err := os.Open(p.path)
	if err != nil {
		return unfit(p.App, "artifact", "cannot be read: %v", err)
	}
	defer f.Close()
	a := p.Document.Artifact
	if err := s.bus.PutObject(ctx, "sha256:"+a.SHA256, f, a.SizeBytes); err != nil {
		return s.away(ctx, fmt.Errorf("keep artifact %s: %w", p.path, err))
	}
	return nil
}
