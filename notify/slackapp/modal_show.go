package slackapp

import (
	"context"
	"slices"

	"kept/commitments"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// show opens a modal with all of a promise.
func (a *App) show(_ context.Context, c *click) reply {
	return later(func(ctx context.Context) {
		ref, _ := notify.ParseRef(c.value)
		a.openShow(ctx, c, ref)
	})
}

// openShow opens a modal with all of a promise that somebody may see, where they clicked.
func (a *App) openShow(ctx context.Context, c *click, ref notify.Ref) {
	d, err := a.store.Show(ctx, c.who.actor, ref.Key, a.now())
	if err != nil {
		a.refuse(ctx, c, err)
		return
	}
	if err := a.present(ctx, &c.interaction, a.showModal(c.who, &d)); err != nil {
		a.notOpened(ctx, c, err)
	}
}

// showAgain shows a promise as it stands now in a modal that shows it already, with what
// there is to say first.
func (a *App) showAgain(ctx context.Context, id string, who visitor, ref notify.Ref, first ...string) {
	d, err := a.store.Show(ctx, who.actor, ref.Key, a.now())
	if err != nil { // it is out of their sight by now, as after it was handed over
		m := modal{callback: notify.ActionShow, title: "Promise", private: metadata(ref, "")}
		m.add(slack.NewSectionBlock(plain(notThere, maxTyped), nil, nil))
		a.change(ctx, id, "", &m)
		return
	}
	a.change(ctx, id, "", a.showModal(who, &d, first...))
}

// showModal is everything about a promise that somebody needs, with the buttons that they
// may click.
func (a *App) showModal(who visitor, d *store.Detail, first ...string) *modal {
	s := &sheet{Detail: d, who: who, modal: modal{callback: notify.ActionShow, title: "Promise", private: metadata(notify.RefTo(&d.View), "")}}
	for _, text := range first {
		s.warn(text)
	}
	s.add(kit.Header(d.Title))
	s.facts(LinkTo(a.cfg.PublicURL, d.Key))
	s.because()
	s.told()
	s.whom()
	s.rescue()
	s.escalation()
	for page := range slices.Chunk(offersFor(who, d), 5) {
		s.add(slack.NewActionBlock("", page...))
	}
	s.history()
	return &s.modal
}

// facts are where it stands, what was agreed, and a link to be posted; "" for none.
func (s *sheet) facts(link string) {
	v := &s.View
	lines := [][2]string{
		{"Customer", v.Customer}, {"Stage", kit.Capital(stageWords(v.Stage))}, {"Dates", promised(v) + s.left() + "." + ours(v)},
		{"Work left", s.workLeft()}, {"In the way", given(v.Blocked)}, {"Waiting for the customer", given(v.WaitingFor)},
		{"Owner", v.Owner}, {"Team", given(v.Team)}, {"Done means", given(v.DoneMeans)}, {"Where it was said", given(v.Link)}, {"A link to it", link},
		{"On it since", s.clock(v.AckedAt)}, {"The call can wait until", s.clock(v.Snoozed)},
		{"Delivered", s.clock(v.DeliveredAt)}, {"Withdrawn", s.clock(v.WithdrawnAt)}, {"Accepted by the customer", s.clock(v.AcceptedAt)},
	}
	if v.FirstDate != 0 && v.FirstDate != v.Promise {
		lines = append(lines, [2]string{"First told", v.FirstDate.Human()})
	}
	s.labelled(lines)
}

// labelled shows what is known of some lines.
func (s *sheet) labelled(lines [][2]string) {
	var parts []slack.RichTextElement
	for _, l := range lines {
		if l[1] != "" {
			parts = append(parts, kit.Labelled(l[0]+":", kit.Line(l[1], 600)))
		}
	}
	s.say(parts...)
}

// clock is an instant on the clocks of whoever looks; "" for none.
func (s *sheet) clock(at commitments.Instant) string {
	if at == 0 {
		return ""
	}
	return clock(at, s.AsOf, s.location())
}

func (s *sheet) workLeft() string {
	if s.WorkLeft == nil {
		return ""
	}
	return commitments.Days(s.WorkLeft.Days*100).String() + " working days, said " + s.clock(s.WorkLeft.At)
}

// listed shows a title and what stands under it, if anything does.
func (s *sheet) listed(title string, lines []string) {
	if len(lines) > 0 {
		s.say(kit.Paragraph(kit.Strong(title)), kit.List(slack.RTEListBullet, lines))
	}
}

// because is why it is in its stage.
func (s *sheet) because() {
	var why []string
	for _, r := range s.Reasons {
		why = append(why, kit.Line(kit.Capital(r.Text), 300))
	}
	s.listed("Why", why)
}

// told is what the customer was told: in our words, and every date.
func (s *sheet) told() {
	if words := kit.Clip(given(s.Words), 1500); words != "" {
		s.say(kit.Paragraph(kit.Strong("What we told them")), kit.Quote(words))
	}
	if len(s.Dates) < 2 {
		return
	}
	var dates []string
	for _, d := range s.Dates[max(0, len(s.Dates)-maxLines):] {
		line := d.Promise.Human() + ", told " + s.clock(d.ToldAt)
		if d.Why != nil {
			line += ": " + kit.Line(*d.Why, 200)
		}
		dates = append(dates, line)
	}
	s.listed("Every date they were told", dates)
}

// maxLines is how many lines of one sort a modal shows.
const maxLines = 8

// whom is who to call, and when they last heard from us.
func (s *sheet) whom() {
	var people []string
	for _, k := range s.Desk.Contacts[:min(len(s.Desk.Contacts), maxLines)] {
		line := kit.Line(k.Name, 120)
		for _, how := range []string{k.Role, k.Phone, k.Email} {
			if how != "" {
				line += " · " + kit.Line(how, 254)
			}
		}
		if k.Prefers != "" {
			line += " · prefers " + kit.Line(k.Prefers, 20)
		}
		people = append(people, line)
	}
	s.listed("Who to call", people)
	for i := len(s.Touches) - 1; i >= 0; i-- {
		if t := &s.Touches[i]; t.Reached && !t.Inbound {
			s.say(kit.Labelled("They last heard from us:", kit.Line(string(t.By), 120)+" by "+kit.Line(t.Channel, 20)+", "+s.clock(t.At)))
			return
		}
	}
}

// rescue is what was done, and is owed, since we let them down.
func (s *sheet) rescue() {
	r := s.Rescue
	if r == nil {
		return
	}
	lines := []string{"Opened " + s.clock(r.OpenedAt)}
	for _, step := range []struct {
		done, owed string
		at, by     commitments.Instant
	}{
		{"Owned by " + kit.Line(given(r.OwnedBy), 120), "To be owned", r.OwnedAt, r.OwnBy},
		{"Called", "To be called", r.CalledAt, r.CallBy},
		{"Made right: " + kit.Line(given(r.What), 200), "To be made right", r.MadeRightAt, r.MakeRightBy},
		{"Closed", "", r.ClosedAt, 0},
	} {
		switch {
		case step.at != 0:
			lines = append(lines, step.done+", "+s.clock(step.at))
		case step.by != 0 && r.Open():
			lines = append(lines, step.owed+" by "+s.clock(step.by))
		}
	}
	for _, text := range []*string{r.Reason, r.Severity, r.Note} {
		if text != nil {
			lines = append(lines, kit.Line(kit.Capital(*text), 300))
		}
	}
	s.listed("Rescue", lines)
}

// escalation is who is told next if nobody does anything.
func (s *sheet) escalation() {
	var steps []string
	for i, e := range s.Escalation {
		if i > 0 && e.Who == s.Escalation[i-1].Who { // told again, when that time comes
			continue
		}
		steps = append(steps, kit.Line(e.Who, 120)+" ("+e.As+"), "+s.clock(e.At))
	}
	s.listed("If nobody does anything", steps[:min(len(steps), maxLines)])
}

// history is what people did last, the newest first.
func (s *sheet) history() {
	var lines []string
	for i := len(s.Events) - 1; i >= 0 && len(lines) < maxLines; i-- {
		if told := s.Events[i].Told(); told.Version != 0 {
			lines = append(lines, deedLine(&s.Events[i], &told, s.Detail, s.location()))
		}
	}
	s.listed("What was done", lines)
}
