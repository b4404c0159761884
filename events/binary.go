package events

import "strings"

const (
	structuredType = "application/cloudevents+json"
	binaryPrefix   = "ce-"
)

// isBinary tells whether the headers hold the envelope. A content type of CloudEvents
// decides; without one, headers that begin with ce- do.
func isBinary(header map[string][]string) bool {
	binary := false
	for name, values := range header {
		lower := strings.ToLower(name)
		if lower == "content-type" && len(values) == 1 {
			media, _, _ := strings.Cut(values[0], ";")
			if strings.EqualFold(strings.TrimSpace(media), structuredType) {
				return false
			}
		}
		binary = binary || strings.HasPrefix(lower, binaryPrefix)
	}
	return binary
}

// readBinary reads an event in binary mode: its attributes are headers, its data the
// body.
func readBinary(header map[string][]string, body []byte) (Event, error) {
	if len(body) > MaxBodyBytes {
		return Event{}, unreadable("body", "%d bytes, at most %d", len(body), MaxBodyBytes)
	}
	var v envelope
	for name, values := range header {
		if u := v.header(strings.ToLower(name), values); u != nil {
			return Event{}, u
		}
	}
	if len(body) > 0 {
		v.Raw = body
		if v.other == "" {
			if u := checkJSON("data", body); u != nil {
				return Event{}, u
			}
		}
	}
	return v.event()
}

// header takes one header; those of the bus itself are passed over.
func (v *envelope) header(name string, values []string) *Unreadable {
	name, ours := strings.CutPrefix(name, binaryPrefix)
	at := slotOf(name)
	switch {
	case !ours && name == "content-type":
		name, at = extContentType, slotContentType
	case !ours:
		return nil
	case at == slotContentType, at == slotData, at == slotBase64:
		return unreadable(name, "never a header ce-%s", name)
	}
	if len(values) != 1 || at != slotExtension && !v.mark(at) {
		return unreadable(name, "stands twice")
	}
	text := values[0]
	if ours {
		text = percentDecode(text)
	}
	if at == slotExtension {
		if !isExtensionName(name) {
			return unreadable(name, "illegal name: want [a-z0-9]{1,20}")
		}
		return v.extend(name, text)
	}
	if why := v.attribute(at, []byte(text)); why != "" {
		return unreadable(name, "%s", why)
	}
	return nil
}

// percentDecode decodes once; what is no valid sequence stays.
func percentDecode(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if r, ok := hex4([]byte{'0', '0', s[i+1], s[i+2]}); ok {
				out = append(out, byte(r))
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}
