package events

import "testing"

// What the reference writes for the nats command line: the subject alone names the app.
const offerByHand = `{"specversion":"1.0","id":"billing-b1-1","source":"/integrator/billing","type":"dev.slipway.wish.endpoint.offered.v1","subject":"billing/b1","actor":"integrator:billing","datacontenttype":"application/json","data":{`

func TestOfferMayLeaveItsAppToTheSubject(t *testing.T) {
	for app, want := range map[string]bool{"": true, `"app":"billing",`: true, `"app":"shop",`: false} {
		body := []byte(offerByHand + app + `"endpoint":"b1","address":"10.0.0.7:8080"}}`)
		e, err := Parse("slipway.wish.billing._.endpoint.offered", nil, body)
		if err == nil {
			err = e.Decode()
		}
		if (err == nil) != want {
			t.Errorf("app %q: %v", app, err)
			continue
		}
		if d, ok := e.Data.(WishEndpointOffered); want && (!ok || d.App != "billing" || d.Endpoint != "b1" || e.App != "billing") {
			t.Errorf("app %q: read as %+v", app, e.Data)
		}
	}
}
