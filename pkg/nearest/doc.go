// Package nearest finds the name a person probably meant.
package nearest
