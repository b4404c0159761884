package events

import (
	"encoding/json"
	"reflect"
	"strconv"
)

// null passes a null, which leaves every value as it is.
func (c *cursor) null() bool { return c.peek() == 'n' && c.word("null") == "" }

// plain is a string's text without its escapes.
func (c *cursor) plain() (text []byte, ok bool) {
	raw, plain, why := c.text()
	if why == "" && !plain {
		raw, why = unescape(raw)
	}
	return raw, why == ""
}

func readString(c *cursor, v reflect.Value) bool {
	if c.null() {
		return true
	}
	text, ok := c.plain()
	if ok && len(text) > 0 {
		v.SetString(string(text))
	}
	return ok
}

func readBool(c *cursor, v reflect.Value) bool {
	switch c.peek() {
	case 't':
		v.SetBool(true)
		return c.word("true") == ""
	case 'f':
		return c.word("false") == ""
	}
	return c.null()
}

// literal passes a number and returns it as it stands.
func (c *cursor) literal() string {
	start := c.i
	if c.number() != "" {
		return ""
	}
	return string(c.b[start:c.i])
}

func readInt(c *cursor, v reflect.Value) bool {
	if c.null() {
		return true
	}
	n, err := strconv.ParseInt(c.literal(), 10, v.Type().Bits())
	v.SetInt(n)
	return err == nil
}

func readUint(c *cursor, v reflect.Value) bool {
	if c.null() {
		return true
	}
	n, err := strconv.ParseUint(c.literal(), 10, v.Type().Bits())
	v.SetUint(n)
	return err == nil
}

// readForeign leaves a value to encoding/json: one that reads itself, for one.
func readForeign(c *cursor, v reflect.Value) bool {
	c.peek()
	start := c.i
	return c.value(1) == "" && json.Unmarshal(c.b[start:c.i], v.Addr().Interface()) == nil
}

func readPointer(t reflect.Type, read shape) shape {
	return func(c *cursor, v reflect.Value) bool {
		if c.null() {
			return true
		}
		v.Set(reflect.New(t))
		return read(c, v.Elem())
	}
}

func readSlice(read shape) shape {
	return func(c *cursor, v reflect.Value) bool {
		if c.null() {
			return true
		}
		if !c.eat('[') {
			return false
		}
		if c.eat(']') {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
			return true
		}
		for n := 0; ; n++ {
			if n == v.Cap() {
				v.Grow(1)
			}
			v.SetLen(n + 1)
			if !read(c, v.Index(n)) {
				return false
			}
			if !c.eat(',') {
				return c.eat(']')
			}
		}
	}
}

func readMap(t reflect.Type, read shape) shape {
	return func(c *cursor, v reflect.Value) bool {
		if c.null() {
			return true
		}
		if !c.eat('{') {
			return false
		}
		v.Set(reflect.MakeMap(t))
		if c.eat('}') {
			return true
		}
		key, value := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
		for {
			name, ok := c.plain()
			if !ok || !c.eat(':') {
				return false
			}
			key.SetString(string(name))
			value.SetZero()
			if !read(c, value) {
				return false
			}
			v.SetMapIndex(key, value)
			if !c.eat(',') {
				return c.eat('}')
			}
		}
	}
}

// readStruct reads the names of a struct, in the order of its fields most often.
func readStruct(fields []shapeField) shape {
	return func(c *cursor, v reflect.Value) bool {
		if c.null() {
			return true
		}
		if !c.eat('{') {
			return false
		}
		if c.eat('}') {
			return true
		}
		for seen, next := uint64(0), 0; ; {
			name, plain, why := c.text()
			at := indexOf(fields, next, name)
			if why != "" || !plain || at < 0 || seen&(1<<at) != 0 || !c.eat(':') {
				return false // unknown, in another letter case or twice
			}
			seen, next = seen|1<<at, at+1
			if f := &fields[at]; !f.read(c, fieldAt(v, f.at)) {
				return false
			}
			if !c.eat(',') {
				return c.eat('}')
			}
		}
	}
}

// indexOf looks for a name from the field that is likely next; -1 is none.
func indexOf(fields []shapeField, next int, name []byte) int {
	for i := next; i < len(fields); i++ {
		if fields[i].name == string(name) {
			return i
		}
	}
	for i := range min(next, len(fields)) {
		if fields[i].name == string(name) {
			return i
		}
	}
	return -1
}

func fieldAt(v reflect.Value, at []int) reflect.Value {
	for _, i := range at {
		v = v.Field(i)
	}
	return v
}
