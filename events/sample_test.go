package events

import (
	"reflect"
	"strings"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)

// sampleWords are what a filled payload holds, by JSON name; other texts are their
// own name.
var sampleWords = map[string]string{
	"app": "web", "name": "web", "node": "n1", "instance": "web-7-a1", "endpoint": "web-7-a1",
	"gateway": "gw1-a", "holder": "node-n1", "stream": StreamEvents, "participant": "node-n1",
	"place": "n1", "position": "1:812", "address": "10.0.0.7:20001", "cluster": "c-4f1d",
	"cause": "replaced", "role": RoleService, "guard": "slipway.event.web.deployer.>",
	"how": Rolling, "strategy": Rolling, "driver": "process", "version": "1.4.2", "verdict": "unreadable",
	"revision": "sha256:9d377b10ce778c4938b3c7e2c63a229a01b3c7e2c63a229a01d5f70bf18a0860",
	"specHash": "sha256:9d377b10ce778c4938b3c7e2c63a229a01b3c7e2c63a229a01d5f70bf18a0860",
	"hash":     "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
}

var sampleNumbers = map[string]int64{"release": 7, "generation": 12, "pool": 57, "incarnation": 17, "code": -1, "shareBp": 2500}

// samplePayload is a payload of type t with every field set.
func samplePayload(t reflect.Type) Payload {
	v := reflect.New(t).Elem()
	sampleValue(v, "")
	return v.Interface().(Payload)
}

func sampleValue(v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.String:
		word, ok := sampleWords[name]
		if !ok {
			word = name
		}
		v.SetString(word)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64, reflect.Int32:
		n, ok := sampleNumbers[name]
		if !ok {
			n = int64(len(name))
		}
		v.SetInt(n)
	case reflect.Uint64, reflect.Uint32:
		v.SetUint(uint64(len(name)))
	case reflect.Float64:
		v.SetFloat(float64(len(name)) + 0.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		sampleValue(v.Elem(), name)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		sampleValue(v.Index(0), name)
	case reflect.Map:
		value := reflect.New(v.Type().Elem()).Elem()
		sampleValue(value, name)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("http").Convert(v.Type().Key()), value)
	case reflect.Struct:
		sampleStruct(v)
	default:
		panic("a payload holds a " + v.Kind().String())
	}
}

func sampleStruct(v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(noon.Truncate(time.Millisecond)))
		return
	}
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		sampleValue(v.Field(i), name)
	}
}

// sample is an event of a row as its owner would say it, every field set.
func sample(r Row) Event { return sampleOf(r.Kind, samplePayload(r.Type)) }

func sampleOf(k Kind, data Payload) Event {
	about := data.About()
	if k.IsWish() {
		return NewWish("person:alice", data, noon, "5hRzqFkY0vJcPZ3mQw8sTb")
	}
	if k.Owner == OwnerParticipant {
		k.Owner = "node"
	}
	e := Event{
		Kind: k, App: about.App, Place: about.Place, Subject: about.Subject, Time: noon, Ordinal: 5,
		Source: Source(k.Owner, about.Place), Actor: Actor(k.Owner, about.Place), Data: data,
		Cause:       "5hRzqFkY0vJcPZ3mQw8sTb",
		Correlation: "5hRzqFkY0vJcPZ3mQw8sTb",
		Reason:      `errors 4.0% > 1.0% over 30s, said "no" to <web> & é`,
		TraceParent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		Wish:        Position{Era: 1, Seq: 812},
	}
	e.ID = ID(e.Guard(), e.Ordinal)
	return e
}

// promoted is the event most tests turn around.
func promoted() Event {
	return sampleOf(K[ReleasePromoted](), ReleasePromoted{
		OfRelease: OfRelease{App: "web", Release: 7}, How: Rolling, Available: 3, Target: 3, Route: 12,
	})
}
