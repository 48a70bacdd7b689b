package store

import (
	"context"
	"encoding/json"

	"kept/commitments"
)

// RescueStep is a step of a rescue, as it was typed.
type RescueStep struct {
	Act      commitments.RescueAct
	Note     string
	Reason   string
	Severity string
	What     string // with commitments.RescueMadeRight: what was given
	Cost     string // of that; "" = unknown
	WonBack  *bool  // with commitments.RescueClosed; nil = nobody knows
}

// Rescue records a step of a rescue. A call in it asks for the right to call, as any
// call does.
func (s *Store) Rescue(ctx context.Context, op Op, in RescueStep) (commitments.View, error) {
	report, err := in.read()
	if err != nil {
		return commitments.View{}, err
	}
	act := commitments.ActRescue
	if in.Act == commitments.RescueCalled {
		act = commitments.ActCall
	}
	return s.change(ctx, op, act, false, func(t *tx, p *commitments.Promise, at Instant) (commitments.Change, error) {
		return p.Rescue(at, op.By.ID, report)
	})
}

func (in *RescueStep) read() (r commitments.RescueReport, err error) {
	r = commitments.RescueReport{Act: in.Act, Reason: in.Reason, Severity: in.Severity, WonBack: in.WonBack}
	if r.Note, err = clean("note", in.Note, maxNote, true); err != nil {
		return r, err
	}
	if r.What, err = clean("what", in.What, maxNote, true); err != nil {
		return r, err
	}
	if in.Cost != "" {
		if r.Cost, err = commitments.ParseMoney(in.Cost); err != nil {
			return r, commitments.Invalid("cost", err.Error())
		}
	}
	return r, nil
}

func (t *tx) readRescues(promises map[ID]*commitments.Promise, which string, arg any) error {
	var steps []struct {
		Commitment ID `db:"commitment_id"`
		commitments.RescueStep
	}
	err := t.all(&steps, "SELECT commitment_id, at, by_id, step, note, reason, severity, what, cost, won_back FROM rescue_steps WHERE commitment_id "+which+" ORDER BY id", arg)
	for _, s := range steps {
		if p := promises[s.Commitment]; p != nil {
			p.History.RescueSteps = append(p.History.RescueSteps, s.RescueStep)
		}
	}
	return err
}

func (t *tx) addRescueStep(id ID, s *commitments.RescueStep) error {
	if s == nil {
		return nil
	}
	var wonBack any
	if s.WonBack != nil {
		wonBack = yes(*s.WonBack)
	}
	_, err := t.exec("INSERT INTO rescue_steps (commitment_id, at, by_id, step, note, reason, severity, what, cost, won_back, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		id, s.At, s.By, string(s.Act), s.Note, s.Reason, s.Severity, s.What, s.Cost, wonBack, t.now)
	return err
}

// closeRescue ends the alerts of rescues that, as of known, have nothing to tell any
// more: of steps that were taken, and of a rescue that is over.
func (t *tx) closeRescue(commitment ID, f *commitments.Facts, known, at Instant, why string) error {
	keep, episode := f.RescueNews(known)
	return t.closeWhere(commitment, at, why, "step IN "+t.s.d.texts+" AND (episode <> ? OR step NOT IN "+t.s.d.texts+")",
		textList(commitments.RescueAlerts()), episode, textList(keep))
}

// textList is texts as the parameter that dialect.texts takes.
func textList(texts []string) string {
	if len(texts) == 0 {
		return "[]"
	}
	list, _ := json.Marshal(texts) // texts cannot fail
	return string(list)
}

// deputies are who may do for the owner what a rescue asks for: the owner's backup, and
// who stands in on that day for one of those who are told.
func (t *tx) deputies(r *row, day Date) ([]ID, error) {
	var standIns []ID
	err := t.all(&standIns, "SELECT substitute_id FROM absences WHERE first_day <= ? AND last_day >= ? AND person_id IN (?, ?, ?)",
		day, day, r.OwnerID, r.Backup, r.Manager)
	if r.Backup != 0 {
		standIns = append(standIns, r.Backup)
	}
	return standIns, err
}

// nameRescues fills in who opened and who owns the rescues of some views.
func (t *tx) nameRescues(views ...*commitments.View) error {
	var rescues []*commitments.RescueView
	for _, v := range views {
		if v.Rescue != nil {
			rescues = append(rescues, v.Rescue)
		}
	}
	return t.nameThose(rescues)
}

func (t *tx) nameThose(rescues []*commitments.RescueView) error {
	if len(rescues) == 0 {
		return nil
	}
	var ids []ID
	for _, r := range rescues {
		ids = append(ids, r.Opener, r.Owner)
	}
	names, err := t.namesOf(ids)
	if err != nil {
		return err
	}
	for _, r := range rescues {
		r.OpenedBy, r.OwnedBy = named(names[r.Opener]), named(names[r.Owner])
	}
	return nil
}
