package commitments

// Duty is what somebody must do about a promise now.
type Duty string

// The duties, the most pressing first. A promise has one at a time.
const (
	DutyRescue  Duty = "rescue"   // do what its open rescue asks for next
	DutyOverdue Duty = "overdue"  // it is over, and no rescue is open: agree on a date, or deliver
	DutyCall    Duty = "call"     // call the customer before the date slips
	DutyUpdate  Duty = "update"   // give the customer the word that is due
	DutyCheckIn Duty = "check-in" // say how much work is left
)

// Duty is what must be done about the promise, shown as v; "" for nothing. A call that was
// made, or a question that was answered, is done with until the next alert.
func (p *Promise) Duty(v *View) Duty {
	s := &p.State
	switch {
	case v.Rescue.Open():
		return DutyRescue
	case v.Stage == Overdue:
		return DutyOverdue
	case v.Stage == AtRisk && !s.Settled:
		return DutyCall
	case v.Stage.Open() && v.UpdateDue != 0 && v.UpdateDue <= p.Calendar.Today(v.AsOf):
		return DutyUpdate
	case v.Stage == Watch && s.Alerted == Watch && p.CheckedInAt < s.AlertedAt:
		return DutyCheckIn
	}
	return ""
}
