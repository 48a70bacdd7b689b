package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kept/commitments/store"
	"kept/notify/fakeslack"
)

// verdict is what the checker finds. It counts promises, but for open and misrecorded,
// which count messages.
type verdict struct {
	owed, sent  int // but for those called off
	calledOff   int // meanwhile: these may have been sent before, and must not be afterwards
	lost        int // owed, and in no message
	duplicate   int // messages too many
	early       int // sent before their time
	untrue      int // sent when no longer owed
	late        int // sent more than lateAfter after their time; no fault by itself
	open        int // the ledger would still send them
	misrecorded int // recorded as sent without being in Slack, or there and unknown to the ledger
	slowest     time.Duration
	details     []string // the first few of what is wrong
}

// lateAfter is how long after its time a message is late.
const lateAfter = 5 * time.Minute

// check joins what was owed, what Slack accepted and what the ledger says. Nothing else
// decides whether a storm was survived.
func check(model []owed, accepted []fakeslack.Message, ledger []entry) verdict {
	c := checker{told: map[string][]time.Time{}}
	c.read(accepted, ledger)
	for i := range model {
		c.judge(&model[i])
	}
	return c.v
}

type checker struct {
	v    verdict
	told map[string][]time.Time // promise → when each message that carries it was accepted
}

// read finds what each message carried, by its words and by the ledger, and sets the
// two records of what was sent beside each other.
func (c *checker) read(accepted []fakeslack.Message, ledger []entry) {
	byKey := map[string]*entry{}
	for i := range ledger {
		byKey[ledger[i].key] = &ledger[i]
	}
	inSlack := map[string]bool{}
	for i := range accepted {
		m := &accepted[i]
		inSlack[m.Channel+" "+m.TS] = true
		promises := mark.FindAllString(m.Text+string(m.Blocks), -1)
		switch e := byKey[m.Payload("key")]; {
		case e != nil && e.kind == "follow-up":
			continue // what was done, in answer to what was told
		case e != nil:
			promises = append(promises, e.promises...)
		default:
			c.wrong(&c.v.misrecorded, "the ledger does not know the message %s in %s", m.TS, m.Channel)
		}
		slices.Sort(promises)
		for _, p := range slices.Compact(promises) {
			c.told[p] = append(c.told[p], m.At)
		}
	}
	for i := range ledger {
		switch e := &ledger[i]; {
		case !e.settled():
			c.wrong(&c.v.open, "message %d is still %s", e.id, e.state)
		case e.state == store.Sent && !inSlack[e.place+" "+e.ts]:
			c.wrong(&c.v.misrecorded, "message %d is recorded as sent, but Slack does not have it", e.id)
		}
	}
}

func (c *checker) judge(o *owed) {
	told := c.told[o.promise]
	switch {
	case o.calledOff():
		c.v.calledOff++
	case len(told) == 0:
		c.v.owed++
		c.wrong(&c.v.lost, "%s was never told", o.promise)
	default:
		c.v.owed++
		c.v.sent++
	}
	if len(told) == 0 {
		return
	}
	for range told[1:] {
		c.wrong(&c.v.duplicate, "%s was told %d times", o.promise, len(told))
	}
	first := slices.MinFunc(told, time.Time.Compare)
	c.v.slowest = max(c.v.slowest, first.Sub(o.from))
	switch {
	case first.Before(o.from):
		c.wrong(&c.v.early, "%s was told %s too early", o.promise, o.from.Sub(first))
	case o.calledOff() && first.After(o.until):
		c.wrong(&c.v.untrue, "%s was told %s after it was no longer owed", o.promise, first.Sub(o.until))
	case first.Sub(o.from) > lateAfter:
		c.v.late++
	}
}

// wrong counts, and keeps the first few for people.
func (c *checker) wrong(counter *int, format string, args ...any) {
	*counter++
	if len(c.v.details) < 10 {
		c.v.details = append(c.v.details, fmt.Sprintf(format, args...))
	}
}

func (v verdict) String() string {
	s := fmt.Sprintf("owed %d, sent %d, lost %d, duplicate %d, early %d, late %d", v.owed, v.sent, v.lost, v.duplicate, v.early, v.late)
	for _, more := range []struct {
		n    int
		what string
	}{{v.calledOff, "called off"}, {v.untrue, "untrue"}, {v.open, "open"}, {v.misrecorded, "misrecorded"}} {
		if more.n > 0 {
			s += fmt.Sprintf(", %s %d", more.what, more.n)
		}
	}
	return s + fmt.Sprintf("; the slowest took %s", v.slowest.Round(time.Millisecond))
}

// failed is nil unless something is wrong.
func (v verdict) failed() error {
	if v.lost+v.duplicate+v.early+v.untrue+v.open+v.misrecorded == 0 {
		return nil
	}
	return errors.New("the checker found faults:\n    " + strings.Join(v.details, "\n    "))
}
