package main

import "slipway.dev/services/slipway/cli"

// commandLine are the pages of the verbs and the schemas of their documents.
func commandLine() map[string]string {
	all := map[string]string{}
	for name, text := range cli.Pages() {
		all["cli/"+name] = text
	}
	for kind, schema := range cli.Schemas() {
		all["cli/schema/"+kind+".json"] = string(schema)
	}
	return all
}
