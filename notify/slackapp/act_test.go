package slackapp

import (
	"fmt"
	"testing"

	"kept/commitments"
	"kept/notify"
	"kept/notify/fakeslack"
)

func TestE3_AButtonActsWithTheClickersOwnRights(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	if v.Stage != commitments.AtRisk {
		t.Fatalf("the promise is %s, and should be at risk", v.Stage)
	}
	card := r.last(olga)
	click := func(user, action string) map[string]any {
		return map[string]any{
			"type": "block_actions", "trigger_id": "trigger." + user, "team": map[string]any{"id": fakeslack.TeamID}, "user": map[string]any{"id": user, "team_id": fakeslack.TeamID},
			"channel": map[string]any{"id": card.Channel}, "message": map[string]any{"ts": card.TS},
			"actions": []any{map[string]any{"type": "button", "action_id": action, "value": notify.RefTo(&v).String()}},
		}
	}
	r.handle(Interactions, click(zoe, notify.ActionStillOn))
	if got := r.view(v.ID); got.Version != v.Version {
		t.Errorf("somebody of another team changed the promise: %+v", got)
	}
	if m := r.last(olga); m.For != zoe || m.Text != fmt.Sprintf("there is no promise %q", v.Key) {
		t.Errorf("Zoe was told %q (for %s)", m.Text, m.For)
	}
	r.handle(Interactions, click(ben, notify.ActionStillOn))
	if d := r.detail(v.ID); len(d.Touches) != 1 || d.Touches[0].By != "Ben" || d.Touches[0].Outcome != "still-on" {
		t.Errorf("the call is recorded as %+v", d.Touches)
	}
}
