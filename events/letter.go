package events

// OfLetter names an event a participant could not read.
type OfLetter struct {
	Participant string `json:"participant"`     // deployer, node-n1, gateway-gw1-a
	Place       string `json:"place,omitempty"` // a node's or gateway's own name
	Position    string `json:"position"`        // era:seq of the event
}

// About places a letter under its participant.
func (o OfLetter) About() About {
	return About{Place: o.Place, Subject: Beside(o.Participant, o.Position)}
}

// LetterParked says that an event could not be read and its guard stands still.
type LetterParked struct {
	OfLetter
	Guard   string `json:"guard"`   // the guard that stands still
	Verdict string `json:"verdict"` // unreadable, gap, panic
}

// LetterCopied says that events which stop nothing were set aside: said once a minute
// at most, whatever their number.
type LetterCopied struct {
	OfLetter        // the last of them
	Verdict  string `json:"verdict"` // of the last: replayed, forged, foreign; panic of a wish
	Count    int    `json:"count"`   // how many since it was said last
}

// LetterRequeued says that it could be read after all.
type LetterRequeued struct{ OfLetter }

// LetterDropped says that an operator let it go.
type LetterDropped struct{ OfLetter }

// LetterRefused says why a requeue or drop was not granted.
type LetterRefused struct{ OfLetter }

// WishRequeueRequested asks a participant to read a parked event again.
type WishRequeueRequested struct{ OfLetterWish }

// WishDropRequested asks a participant to let a parked event go for ever.
type WishDropRequested struct{ OfLetterWish }

// OfLetterWish names the letter a wish is about and who is to answer.
type OfLetterWish struct {
	Participant string `json:"participant"`       // who parked it: deployer, node-n1, gateway-gw1-a
	Position    string `json:"position"`          // era:seq of the event
	Message     string `json:"message,omitempty"` // the person's words
}

// About places a wish about a letter at its participant.
func (o OfLetterWish) About() About {
	return About{Place: o.Participant, Subject: Beside(o.Participant, o.Position)}
}

// OfGuarantee names a promise and who measures it.
type OfGuarantee struct {
	Participant string `json:"participant"`     // deployer, node-n1, gateway-gw1-a
	Place       string `json:"place,omitempty"` // a node's or gateway's own name
	Name        string `json:"name"`            // of the promise
	Key         string `json:"key,omitempty"`   // what it was broken for
}

// About places a guarantee under its participant.
func (o OfGuarantee) About() About {
	return About{Place: o.Place, Subject: Beside(o.Participant, o.Name, o.Key)}
}

// GuaranteeViolated says that a promise did not hold.
type GuaranteeViolated struct {
	OfGuarantee
	Detail string `json:"detail"` // the numbers: "4 placed, 3 wanted"
}

// GuaranteeRestored says that it holds again.
type GuaranteeRestored struct{ OfGuarantee }
