// Package compat holds a new schema against one that was released: whoever could read
// and write by the old one must be able to by the new one.
//
// Promise: what is added and may be left out passes; what is removed, renamed, retyped,
// newly required, no longer always there, or narrowed is named with its field.
//
// May assume: schemas as genschema writes them, with references to their own $defs.
//
// May not assume: that a meaning stayed the same; no schema tells.
package compat
