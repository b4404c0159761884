package window

// Standing is what the log tells: who must be heard, and what there is to measure.
type Standing struct {
	Live []string        // gateways that must report, sorted
	Apps map[string]*App // by name
}

// App is an app as the log tells it.
type App struct {
	Main     int              `json:"main,omitempty"` // counts what names no release; 0: unknown
	Releases map[int]*Release `json:"releases"`       // by number
}

// Release is what the log tells of a release.
type Release struct {
	Listed      bool  `json:"listed,omitempty"`      // it has endpoints
	Ready       int   `json:"ready,omitempty"`       // of them, those that are ready
	CPUMilli    int64 `json:"cpuMilli,omitempty"`    // limit of one instance, else its reservation; 0: none
	MemoryBytes int64 `json:"memoryBytes,omitempty"` // limit of one instance, else its reservation; 0: none
}

// main is the release that counts what names none.
func (a *App) main() (release int) {
	if a == nil {
		return 0
	}
	if a.Main != 0 {
		return a.Main
	}
	for number, r := range a.Releases {
		if r.Listed {
			release = max(release, number)
		}
	}
	return release
}

// release is what is known of one; the zero Release for one that is not known.
func (a *App) release(number int) Release {
	if a == nil || a.Releases[number] == nil {
		return Release{}
	}
	return *a.Releases[number]
}
