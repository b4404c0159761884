package fault

import "slices"

// Row is one code of the table.
type Row struct {
	Code  string   // SLW-D012; never used again once it is gone
	Exit  int      // status of the process
	Title string   // what happened, in a few words
	Text  string   // what it means and what was left as it was
	Fixes []string // what to try
}

// Table is THE list of codes; explain, docs/reference/errors.md and the tests are
// made from it.
var Table = []Row{
	{"SLW-U001", 2, "unknown verb or flag", "Nothing was done. The nearest name that exists is given.", []string{"slipway help"}},
	{"SLW-U002", 2, "bad value", "A flag or argument cannot be what was given. A duration needs a unit (30s), and nothing means for ever with 0.", []string{"slipway help"}},
	{"SLW-U003", 2, "a yes is needed and there is no terminal", "Without a terminal nothing is asked. Nothing was wished.", []string{"slipway deploy --yes"}},
	{"SLW-U004", 2, "would overwrite", "A file is there already. Nothing was written.", []string{"slipway init NAME --force", "slipway init NAME --dir DIR"}},

	{"SLW-C001", 3, "no context", "No cluster is known here: no --context, no SLIPWAY_CONTEXT, no chosen context, no NATS_CONTEXT or NATS_URL.", []string{"slipway dev", "slipway context ls"}},
	{"SLW-C002", 3, "several contexts, none chosen", "More than one context exists and nothing says which is meant.", []string{"slipway context use NAME"}},
	{"SLW-C003", 5, "cluster unreachable", "Nobody answered at the context's address within five seconds.", []string{"slipway doctor", "slipway dev"}},
	{"SLW-C004", 4, "credentials refused or expired", "The cluster answered and did not let this identity in.", []string{"slipway context show"}},
	{"SLW-C005", 1, "address in use", "Another process listens there. Nothing was left running.", []string{"slipway dev --listen 127.0.0.1:0"}},
	{"SLW-C006", 6, "data folder in use", "Another process owns the data folder; its pid is named.", []string{"slipway dev --data DIR"}},
	{"SLW-C007", 6, "context belongs to a running cluster", "The context's name is taken by a cluster that answers. Nothing was started.", []string{"slipway dev --context NAME"}},
	{"SLW-C008", 1, "the log is newer than this binary", "The log's level is newer than what this binary reads, so it would misunderstand it.", []string{"slipway version"}},
	{"SLW-C009", 1, "the log is full or slow", "At 90 % of its size the log takes no new declaration; what runs, a rollback, a drain and a lost node's replacement go on. Facts are never deleted: start the bus with a larger --store-max.", []string{"slipway doctor"}},
	{"SLW-C010", 1, "data folder unreadable or unsafe", "The data folder cannot be read, was written by a newer version, belongs to another log, or would lose what was acknowledged. Nothing was started.", []string{"slipway doctor"}},

	{"SLW-E001", 3, "not found", "There is no app, release, instance, node or event of that name. The nearest is given.", []string{"slipway status"}},

	{"SLW-F001", 2, "not YAML", "The app file's text is not YAML. Nothing was sent.", []string{"slipway validate"}},
	{"SLW-F002", 2, "unknown field", "The app file has a field nobody knows, or one this version does not build. The nearest is given.", []string{"slipway explain app"}},
	{"SLW-F003", 2, "wrong type", "Text stands where a number is wanted, and so on.", []string{"slipway explain app"}},
	{"SLW-F004", 2, "not one of", "A word is not one of those its field takes; all of them are given.", []string{"slipway explain app"}},
	{"SLW-F005", 2, "out of range", "A value is too small, too large, too long, or has not the shape of a name.", []string{"slipway explain app"}},
	{"SLW-F006", 2, "missing field", "A field that must be written is not.", []string{"slipway explain app"}},
	{"SLW-F007", 2, "written twice", "A key, or an app, stands twice.", []string{"slipway validate"}},
	{"SLW-F008", 2, "number without unit", "A bare number stands where a duration or a size is meant: 30s, 128Mi.", []string{"slipway explain app"}},
	{"SLW-F009", 2, "fields exclude one another", "Two fields that cannot both be written are.", []string{"slipway explain app"}},
	{"SLW-F010", 2, "file unreadable", "The app file, or a file it names, cannot be read.", []string{"slipway init"}},
	{"SLW-F011", 2, "beyond a limit", "The app file is larger or deeper than is read: 256 KiB, 100 documents, alias depth 8, 10000 values.", []string{"slipway validate"}},
	{"SLW-F012", 2, "variable not set", "${VAR} names a variable that is not set; ${VAR:-x} gives a default.", []string{"slipway validate"}},

	{"SLW-D001", 6, "the state moved since the plan", "The app was declared or released again after the plan was made. Nothing was changed.", []string{"slipway plan"}},
	{"SLW-D002", 1, "refused: cannot be placed", "No node can run it, now or ever; each reason is given. What serves is untouched.", []string{"slipway nodes"}},
	{"SLW-D003", 1, "image or command not found", "What is to run could not be found or built. What serves is untouched.", []string{"slipway validate"}},
	{"SLW-D010", 1, "failed and not restored", "The release failed and what served before could not be restored whole. What serves now is given.", []string{"slipway status", "slipway why APP"}},
	{"SLW-D011", 1, "first release failed", "The first release failed and there is nothing to return to. No instance is left.", []string{"slipway why APP", "slipway logs APP"}},
	{"SLW-D012", 7, "failed and rolled back", "The release failed and was taken back; the earlier one serves all requests.", []string{"slipway why APP", "slipway logs APP"}},
	{"SLW-D013", 7, "aborted by a person and rolled back", "Somebody aborted the release; the earlier one serves all requests.", []string{"slipway why APP"}},
	{"SLW-D014", 6, "superseded", "A newer declaration took this one's place before it was done.", []string{"slipway status"}},
	{"SLW-D015", 124, "timeout; the work goes on", "The time given has passed. What was wished goes on without anybody watching.", []string{"slipway status --wait"}},
	{"SLW-D016", 130, "detached", "You stopped watching. What was wished goes on.", []string{"slipway status --wait"}},
	{"SLW-D017", 3, "release no longer kept", "A rollback reaches only releases that are kept; those are given.", []string{"slipway history APP"}},
	{"SLW-D018", 6, "nothing to act on", "Nothing is there to promote, pause, resume, abort, retry or roll back, or the app is frozen.", []string{"slipway status"}},
	{"SLW-D019", 1, "refused", "The owner refused the wish; its words are given. What serves is untouched.", []string{"slipway status"}},

	{"SLW-T001", 6, "host and path, or port, owned by another app", "One host and path lead to one app, and so does one port of the gateways; its owner is named.", []string{"slipway explain app.ports"}},
	{"SLW-M001", 2, "bad query, rule or policy expression", "An expression cannot be read; the position is given.", []string{"slipway explain SLW-M001"}},
	{"SLW-Z001", 4, "denied by identity", "Who asked is not known or not allowed.", []string{"slipway context show"}},
	{"SLW-Z002", 4, "denied by device", "The device is not enrolled or is quarantined.", []string{"slipway context show"}},
	{"SLW-Z003", 4, "denied by network", "The request came from a network that is not allowed.", []string{"slipway context show"}},
	{"SLW-Z004", 4, "denied by resource", "A policy of the resource forbids it.", []string{"slipway context show"}},
	{"SLW-K001", 6, "secret version still in use", "The version is used; its users are named.", []string{"slipway status"}},
	{"SLW-A001", 8, "gap in the audit log", "Sequences are missing.", []string{"slipway explain SLW-A001"}},
	{"SLW-A002", 8, "hash mismatch in the audit log", "An entry is not what was hashed.", []string{"slipway explain SLW-A002"}},
	{"SLW-A003", 8, "bad signature", "A checkpoint's signature does not hold.", []string{"slipway explain SLW-A003"}},
	{"SLW-A004", 8, "inconsistent checkpoint", "Two checkpoints contradict one another.", []string{"slipway explain SLW-A004"}},
	{"SLW-A005", 8, "not analysed", "Part of the log was not analysed.", []string{"slipway explain SLW-A005"}},
	{"SLW-G001", 8, "guarantee violated", "A promise did not hold; the evidence is named.", []string{"slipway explain SLW-G001"}},
	{"SLW-H001", 8, "doctor check failed", "A check failed; each has a remedy beside it.", []string{"slipway doctor"}},

	{"SLW-X001", 1, "internal error", "Something failed that nobody expected. What was wished before it goes on.", []string{"slipway doctor"}},
}

// Find is the row of a code.
func Find(code string) (Row, bool) {
	i := slices.IndexFunc(Table, func(r Row) bool { return r.Code == code })
	if i < 0 {
		return Row{}, false
	}
	return Table[i], true
}
