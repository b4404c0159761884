// Package backup copies what a cluster is made from into one file while it runs, and
// makes a data folder from such a file.
//
// Promise: the copy of the log is exact up to one position, event by event; what the
// facts in it rest on, wishes and artifacts, is in it too. A file is whole or is not
// there. A restore proves every byte and event before it touches the folder, makes
// the log in full or not at all, and never over another one.
//
// The file is a zip archive that holds each stream as the server copies it and, last,
// manifest.json: whose it is, its position, and the count and SHA-256 of each part.
// zip because its parts are written as they come, and because anybody can list it.
//
// Fails: it is plain. Who can write the file can forge it: the digests find damage,
// not malice. Of durable consumers those are in it that `consumer add` has made, with
// how far they had acknowledged; lines of output and samples are not.
//
// May not assume: that what runs on nodes is as old as the backup. The restored log
// begins a new era, by which a node or gateway that has served the old one is told.
package backup
