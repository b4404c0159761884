package events

import (
	"net/url"
	"strings"
)

const (
	sourcePrefix  = "/slipway/"
	wishSource    = "/slipway/cli"
	servicePrefix = "service:"
)

// Source is the CloudEvents source of what an owner says: /slipway/deployer, and for
// the many nodes and gateways /slipway/node/n1 (a URI reference: bytes that may not
// stand in one are percent-encoded).
func Source(owner, place string) string {
	if bySpeaker(owner) && place != "" {
		return sourcePrefix + owner + "/" + url.PathEscape(place)
	}
	return sourcePrefix + owner
}

// Actor is who answers for what an owner says of its own accord: service:deployer,
// node:n1.
func Actor(owner, place string) string {
	if bySpeaker(owner) && place != "" {
		return owner + ":" + place
	}
	return servicePrefix + owner
}

// bySpeaker tells the owners of whom there are many, each speaking under its place.
func bySpeaker(owner string) bool { return owner == "node" || owner == "gateway" }

// isSourceOf tells whether source == Source(owner, place), without building it for
// the services.
func isSourceOf(source, owner, place string) bool {
	if bySpeaker(owner) {
		return place != "" && source == Source(owner, place)
	}
	rest, ok := strings.CutPrefix(source, sourcePrefix)
	return ok && rest == owner
}

// ownerOf is who speaks from a source; "" if it is none of ours.
func ownerOf(source string) string {
	rest, ok := strings.CutPrefix(source, sourcePrefix)
	if !ok {
		return ""
	}
	owner, place, placed := strings.Cut(rest, "/")
	if !isWord(owner) || placed != bySpeaker(owner) || placed && place == "" {
		return ""
	}
	return owner
}
