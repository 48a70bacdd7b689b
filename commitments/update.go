package commitments

import "kept/commitments/calendar"

// NextUpdate is the day by which the customer is owed word again: some working days
// after they last heard of the promise from us. It is 0 where no updates were promised,
// and once nothing is owed. Waiting for the customer does not stop it: who waits for us
// to remind them still wants to know where things stand.
func (p *Promise) NextUpdate(f *Facts) Date {
	if p.Every == 0 || f.Closed() {
		return 0
	}
	return p.Calendar.AddWorkdays(p.Calendar.Today(max(f.MadeAt, f.HeardAt)), p.Every)
}

// owesWord notes that the day has come by which the customer is owed word: the owner is
// told once for each such day, and in time to keep it. While a call or an overdue
// promise is told of, that asks for more.
func (p *Promise) owesWord(r *Review, f *Facts, now Instant) {
	day := p.NextUpdate(f)
	if day == 0 {
		return
	}
	s, due := &r.Decision.State, p.Calendar.Start(day)
	switch {
	case due <= s.UpdateTold, alarms(s.Alerted):
	case due > now:
		r.Next = calendar.Earliest(r.Next, due)
	default:
		r.Update, s.UpdateTold = day, due
	}
}
