// Package guarantees measures what the platform promises, by the log it keeps.
package guarantees
