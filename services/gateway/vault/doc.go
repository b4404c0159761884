// Package vault seals what a gateway keeps outside itself: certificates with their
// keys, and account keys.
//
// Promise: what is sealed opens with the same store key and the same words alone, and
// a byte that was changed is noticed (AES-256-GCM). A store key file is made once:
// two processes that start at once have the same. A copy is whole or not there.
//
// Remembers: the store key, 32 bytes in a file of mode 0600; copies of sealed objects,
// one file a host, from which a gateway starts without a bus.
//
// Fails: a store key of another size, or that others may read, is refused. A sealed
// object of another store key is ErrSealed.
package vault
