package events

// slot is where an attribute of the envelope goes.
type slot uint

const (
	slotExtension slot = iota // any name this version does not know
	slotSpecVersion
	slotID
	slotSource
	slotType
	slotSubject
	slotTime
	slotContentType
	slotSchema
	slotActor
	slotCause
	slotCorrelation
	slotOrdinal
	slotReason
	slotTraceParent
	slotWish
	slotData
	slotBase64
)

const (
	jsonType        = "application/json"
	extContentType  = "datacontenttype" // where Event.Ext keeps one that is not ours
	extSchema       = "dataschema"      // where Event.Ext keeps that of a foreign type
	schemaPrefix    = "https://slipway.dev/schema/"
	specVersion     = "1.0"
	maxExtNameBytes = 20
)

func slotOf(name string) slot {
	switch name {
	case "specversion":
		return slotSpecVersion
	case "id":
		return slotID
	case "source":
		return slotSource
	case "type":
		return slotType
	case "subject":
		return slotSubject
	case "time":
		return slotTime
	case extContentType:
		return slotContentType
	case extSchema:
		return slotSchema
	case "actor":
		return slotActor
	case "causationid":
		return slotCause
	case "correlationid":
		return slotCorrelation
	case "ordinal":
		return slotOrdinal
	case "reason":
		return slotReason
	case "traceparent":
		return slotTraceParent
	case "wish":
		return slotWish
	case "data":
		return slotData
	case "data_base64":
		return slotBase64
	}
	return slotExtension
}

// limitOf is the longest an attribute may be, in bytes.
func limitOf(s slot) int {
	switch s {
	case slotID, slotCause, slotCorrelation:
		return MaxIDBytes
	case slotReason:
		return MaxReasonBytes
	case slotSource, slotSubject, slotType, slotSchema:
		return MaxSubjectBytes
	}
	return MaxExtBytes
}
