// Package interrupt makes signals the end of a context.
package interrupt
