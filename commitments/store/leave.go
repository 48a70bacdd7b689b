package store

import (
	"context"
	"encoding/json"
	"fmt"

	"kept/commitments"
)

// ErasePerson removes what tells who a person is: name, address, Slack account. What
// they did stays, as done by nobody in particular. Their open promises go to the leads
// of the promises' teams; it is refused while there is one that has no such lead.
func (s *Store) ErasePerson(ctx context.Context, by commitments.Actor, who string) error {
	return s.setUp(ctx, by, commitments.ActSetUp, func(t *tx) error {
		p, err := t.person("person", who)
		if err != nil {
			return err
		}
		if p.Role == commitments.Admin {
			if err := t.notTheLastAdmin("person", p.ID); err != nil {
				return err
			}
		}
		if err := t.handToLeads(by, p); err != nil {
			return err
		}
		return t.erase(by.ID, p)
	})
}

// leftNote is what the lead of a team reads of a promise whose owner has left.
const leftNote = "left: its owner works here no longer, and nobody has taken it over yet"

// handToLeads hands the open promises of somebody who leaves to their teams' leads.
func (t *tx) handToLeads(by commitments.Actor, leaver Person) error {
	var owned []struct {
		ID   ID `db:"id"`
		Lead ID `db:"lead_id"`
	}
	err := t.all(&owned, `SELECT c.id, te.lead_id FROM commitments c LEFT JOIN teams te ON te.id = c.team_id
		WHERE c.owner_id = ? AND c.delivered_at IS NULL AND c.withdrawn_at IS NULL ORDER BY c.id`, leaver.ID)
	if err != nil {
		return err
	}
	for _, o := range owned {
		if o.Lead == 0 || o.Lead == leaver.ID {
			return commitments.Refused("person", fmt.Sprintf("%s owns promise %d, and no lead of its team could take it: name one with `kept team edit TEAM --lead EMAIL`, or use `kept hand-over %d --to EMAIL --note TEXT`",
				leaver.Name, o.ID, o.ID))
		}
	}
	for _, o := range owned {
		lead, err := t.person("lead", fmt.Sprint(o.Lead))
		if err != nil {
			return err
		}
		if err := t.handTo(by, o.ID, lead); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) handTo(by commitments.Actor, promise ID, lead Person) error {
	p, _, err := t.load(by, fmt.Sprint(promise), true)
	if err != nil {
		return err
	}
	was := p.Terms()
	c, err := p.HandOver(t.now, by.ID, commitments.Ref{ID: lead.ID, Name: lead.Name}, leftNote)
	if err != nil {
		return err
	}
	return t.save(p, c, was)
}

func (t *tx) erase(by ID, p Person) error {
	for _, query := range []string{
		"UPDATE people SET backup_id = NULL WHERE backup_id = ?",
		"UPDATE teams SET lead_id = NULL WHERE lead_id = ?",
		"UPDATE customers SET manager_id = NULL WHERE manager_id = ?",
		"DELETE FROM team_members WHERE person_id = ?",
		"DELETE FROM absences WHERE person_id = ?",
		"DELETE FROM absences WHERE substitute_id = ?",
	} {
		if _, err := t.exec(query, p.ID); err != nil {
			return err
		}
	}
	_, err := t.exec("UPDATE people SET name = '(erased)', name_key = '', email = '', slack_user = '', zone = '', backup_id = NULL, erased_at = ? WHERE id = ?", t.now, p.ID)
	if err != nil {
		return err
	}
	if err := t.eraseFromDigests(p.Name, "owner", "manager"); err != nil {
		return err
	}
	if err := t.forgetPayloads(t.now); err != nil {
		return err
	}
	if err := t.touchBook(); err != nil {
		return err
	}
	return t.event(t.now, by, "erased", "person", p.ID, nil)
}

// eraseFromDigests takes a name out of the digests that were stored with it.
func (t *tx) eraseFromDigests(name string, fields ...string) error {
	value, err := json.Marshal(name)
	if err != nil {
		return err
	}
	for _, field := range fields {
		was, is := fmt.Sprintf(`"%s":%s`, field, value), fmt.Sprintf(`"%s":"(erased)"`, field)
		if _, err := t.exec("UPDATE digests SET body = replace(body, ?, ?) WHERE replace(body, ?, '') <> body", was, is, was); err != nil {
			return err
		}
	}
	return nil
}

// eraseContact takes the name of one of a customer's people out of what was accepted in
// that name, of the digests that said what they said of us, and of messages sent.
func (t *tx) eraseContact(customer ID, name string) error {
	for table, column := range map[string]string{"promise_dates": "accepted_by", "turns": "who"} {
		const theirs = " AND commitment_id IN (SELECT id FROM commitments WHERE customer_id = ?)"
		var names []string
		if err := t.all(&names, fmt.Sprintf("SELECT DISTINCT %s FROM %s WHERE %s <> ''", column, table, column)+theirs, customer); err != nil {
			return err
		}
		for _, typed := range names {
			if nameKey(typed) != nameKey(name) {
				continue
			}
			if _, err := t.exec(fmt.Sprintf("UPDATE %s SET %s = '' WHERE %s = ?", table, column, column)+theirs, typed, customer); err != nil {
				return err
			}
		}
	}
	if err := t.eraseFromDigests(name, "by"); err != nil {
		return err
	}
	return t.forgetPayloads(t.now)
}
