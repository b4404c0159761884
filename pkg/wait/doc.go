// Package wait is for pauses that a context can end: retries, steady rates, the life of a
// command that counts seconds.
package wait
