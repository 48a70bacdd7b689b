package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"kept/commitments/store"
	"kept/notify/fakeslack"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// survived is a storm of three alerts that nothing is wrong with.
func survived() (model []owed, accepted []fakeslack.Message, ledger []entry) {
	for i := range 3 {
		promise, key, ts := fmt.Sprintf("P%07d", i), fmt.Sprint("key", i), fmt.Sprint(i)
		model = append(model, owed{promise: promise, from: noon})
		accepted = append(accepted, posted(promise, key, ts, noon.Add(time.Second)))
		ledger = append(ledger, entry{id: int64(i), key: key, state: store.Sent, place: "D1", ts: ts, promises: []string{promise}})
	}
	return model, accepted, ledger
}

func posted(promise, key, ts string, at time.Time) fakeslack.Message {
	meta, _ := json.Marshal(map[string]any{"event_type": "kept_alert", "event_payload": map[string]any{"key": key}})
	return fakeslack.Message{Channel: "D1", TS: ts, Text: "Call Acme: Order " + promise + " of forty boxes", Metadata: meta, At: at}
}

func TestCheckerFindsNothingWrongWhereNothingIs(t *testing.T) {
	v := check(survived())
	if v.failed() != nil || v.owed != 3 || v.sent != 3 || v.slowest != time.Second {
		t.Errorf("%s: %v", v, v.failed())
	}
}

func TestCheckerFindsWhatIsWrong(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(model *[]owed, accepted *[]fakeslack.Message, ledger *[]entry)
		want  string
	}{
		"lost": {func(_ *[]owed, accepted *[]fakeslack.Message, ledger *[]entry) {
			*accepted, *ledger = (*accepted)[1:], (*ledger)[1:]
		}, "sent 2, lost 1, duplicate 0, early 0, late 0;"},
		"never an alert, nor a message": {func(model *[]owed, _ *[]fakeslack.Message, _ *[]entry) {
			*model = append(*model, owed{promise: "P0000009", from: noon})
		}, "owed 4, sent 3, lost 1,"},
		"lost, though recorded as sent": {func(_ *[]owed, accepted *[]fakeslack.Message, _ *[]entry) {
			*accepted = (*accepted)[1:]
		}, "lost 1, duplicate 0, early 0, late 0, misrecorded 1;"},
		"sent twice": {func(_ *[]owed, accepted *[]fakeslack.Message, _ *[]entry) {
			*accepted = append(*accepted, posted("P0000001", "key1", "99", noon.Add(time.Minute)))
		}, "lost 0, duplicate 1,"},
		"sent twice, under another key": {func(_ *[]owed, accepted *[]fakeslack.Message, ledger *[]entry) {
			*accepted = append(*accepted, posted("P0000001", "other", "99", noon.Add(time.Minute)))
			*ledger = append(*ledger, entry{id: 9, key: "other", state: store.Sent, place: "D1", ts: "99"})
		}, "lost 0, duplicate 1,"},
		"sent twice, once without naming it": {func(_ *[]owed, accepted *[]fakeslack.Message, _ *[]entry) {
			*accepted = append(*accepted, posted("and 3 more", "key1", "99", noon.Add(time.Minute)))
		}, "lost 0, duplicate 1,"},
		"early": {func(_ *[]owed, accepted *[]fakeslack.Message, _ *[]entry) {
			(*accepted)[2].At = noon.Add(-time.Millisecond)
		}, "duplicate 0, early 1,"},
		"no longer true": {func(model *[]owed, accepted *[]fakeslack.Message, _ *[]entry) {
			(*model)[2].until = noon.Add(time.Minute)
			(*accepted)[2].At = noon.Add(time.Hour)
		}, "untrue 1;"},
		"still open": {func(_ *[]owed, _ *[]fakeslack.Message, ledger *[]entry) {
			*ledger = append(*ledger, entry{id: 9, key: "open", state: store.Uncertain})
		}, "open 1;"},
		"unknown to the ledger": {func(_ *[]owed, accepted *[]fakeslack.Message, _ *[]entry) {
			*accepted = append(*accepted, posted("hello", "whose", "99", noon))
		}, "misrecorded 1;"},
	} {
		t.Run(name, func(t *testing.T) {
			model, accepted, ledger := survived()
			tt.spoil(&model, &accepted, &ledger)
			v := check(model, accepted, ledger)
			if v.failed() == nil || !strings.Contains(v.String(), tt.want) {
				t.Errorf("%s, want %s; %v", v, tt.want, v.failed())
			}
		})
	}
}

func TestCheckerLetsPassWhatIsNoFault(t *testing.T) {
	model, accepted, ledger := survived()
	accepted[0].At = noon.Add(lateAfter + time.Second)
	model = append(model, owed{promise: "P0000007", from: noon, until: noon.Add(time.Minute)}) // called off before it was sent
	ledger = append(ledger, entry{id: 7, key: "off", state: store.Cancelled, promises: []string{"P0000007"}})
	if v := check(model, accepted, ledger); v.failed() != nil || v.late != 1 || v.sent != 3 || v.calledOff != 1 {
		t.Errorf("%s: %v", v, v.failed())
	}
}
