// Package wholefile replaces files so that a reader sees the old one or the new one,
// never half of either, whatever ends this process.
package wholefile
