package events

// OfApp names the app a payload is about.
type OfApp struct {
	App string `json:"app"` // name of the app
}

// About places what concerns one app: subject web.
func (o OfApp) About() About { return About{App: o.App, Subject: Beside(o.App)} }

// AppDeclared says what an app shall be: the whole resolved document.
type AppDeclared struct {
	OfApp
	Declaration int      `json:"declaration"`     // number of the declaration in the app, from 1
	Document    Document `json:"document"`        // the resolved app file, restated whole
	Hash        string   `json:"hash"`            // sha256: of the document's canonical JSON
	Plan        string   `json:"plan,omitempty"`  // the plan it was made from, if any
	Force       bool     `json:"force,omitempty"` // a new release though nothing changed
}

// AppRetired says that an app shall end.
type AppRetired struct{ OfApp }

// WishAppDeclared asks for an app to be as its document says.
type WishAppDeclared struct {
	OfApp
	Document Document `json:"document"`        // the resolved app file
	Plan     string   `json:"plan,omitempty"`  // id of the plan this was made from; refused if it went stale
	Force    bool     `json:"force,omitempty"` // a new release though nothing changed
}

// WishAppRetired asks for the end of an app.
type WishAppRetired struct {
	OfApp
	Message string `json:"message,omitempty"` // the person's words
}
