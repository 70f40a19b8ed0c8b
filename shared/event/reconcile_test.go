package event

import "testing"

func TestDecodeReconcile(t *testing.T) {
	for in, ok := range map[string]bool{
		`{"reconcile":"scheduled"}`: true, `{"reconcile":"by hand","more":1}`: true,
		`{}`: false, `{"reconcile":""}`: false, `{"reconcile":1}`: false, ``: false, `[]`: false,
	} {
		e, err := DecodeReconcile([]byte(in))
		if (err == nil) != ok {
			t.Errorf("%s: %+v, %v", in, e, err)
		}
	}
}

func FuzzDecodeReconcile(f *testing.F) {
	f.Add([]byte(`{"reconcile":"scheduled"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if e, err := DecodeReconcile(raw); err == nil && e.Name == "reconcile " {
			t.Errorf("%s says nothing, and was accepted", raw)
		}
	})
}
