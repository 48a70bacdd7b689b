package store_test

import (
	"errors"
	"testing"

	"kept/commitments/store"
)

// F11, I64: what comes twice, because its answer was lost, is carried out once; what was
// refused is not held against it when it comes again.
func TestF11_ARequestIsCarriedOutOnce(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		op := h.op("1", "2020-11-10T10:00:00Z")
		op.Once = "slack view V1"
		refusedOne := op
		refusedOne.Version = 9
		if _, err := h.CheckIn(h.ctx, refusedOne, store.CheckIn{Left: "2"}); err == nil {
			t.Fatal("a stale version was taken")
		}
		for i := range 3 {
			v, err := h.CheckIn(h.ctx, op, store.CheckIn{Left: "2"})
			if repeated := errors.Is(err, store.ErrRepeated); repeated != (i > 0) || !repeated && err != nil {
				t.Errorf("time %d: %v", i+1, err)
			}
			if v.ID != 1 || v.WorkLeft == nil || v.WorkLeft.Days != 2 {
				t.Errorf("time %d shows %+v", i+1, v)
			}
		}
		touch := store.TouchInput{By: h.ada, Customer: "Acme", Channel: "email", Note: "hello", Once: "slack view V2"}
		for i := range 2 {
			if _, err := h.Touch(h.ctx, touch); errors.Is(err, store.ErrRepeated) != (i > 0) {
				t.Errorf("touch %d: %v", i+1, err)
			}
		}
		if n := h.rows("check_ins") + h.rows("touches"); n != 2 {
			t.Errorf("%d facts were recorded", n)
		}
	})
}
