package web

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"kept/notify/fakeslack"
)

// modal is what stands before everything else, until it is answered or closed.
type modal struct {
	ID, Here             string
	Title, Submit, Close string // Submit is "" where nothing is asked
	Blocks               []block
}

// wireView is a modal or a home tab as it arrives.
type wireView struct {
	Title  wireText        `json:"title"`
	Submit wireText        `json:"submit"`
	Close  wireText        `json:"close"`
	Blocks json.RawMessage `json:"blocks"`
}

// modal is what a person has in front of them; nil for nothing.
func (s *Server) modal(see reader, user string) *modal {
	open, ok := s.Demo.Slack.Modal(user)
	if !ok {
		return nil
	}
	w, blocks := see.view(open)
	return &modal{ID: open.ID, Here: see.here, Title: w.Title.Text, Submit: w.Submit.Text, Close: cmp.Or(w.Close.Text, "Close"), Blocks: blocks}
}

// tab opens a person's home tab. Kept hears that, as in Slack, and fills it anew.
func (s *Server) tab(ctx context.Context, see reader, user string) []block {
	if err := s.Demo.Slack.OpenHome(ctx, user); err != nil {
		s.Log.Warn("the home tab was not asked for", "error", err)
	}
	s.Demo.Wait()
	home, _ := s.Demo.Slack.Home(user)
	_, blocks := see.view(home)
	return blocks
}

// view reads a modal or a home tab, with what stands in it.
func (r reader) view(m fakeslack.Modal) (w wireView, blocks []block) {
	if json.Unmarshal(m.Body, &w) != nil {
		return w, nil
	}
	return w, r.blocks(w.Blocks, surface{prefix: m.ID + "/", given: r.values(m.State), faults: m.Errors})
}

// values are what stands in the inputs of a view, as they are named in a form.
func (r reader) values(state map[string]map[string]map[string]any) map[string][]string {
	given := map[string][]string{}
	for block, actions := range state {
		for action, holds := range actions {
			name := fieldName(block, action)
			given[name] = nil
			for key, v := range holds {
				if key != "type" {
					given[name] = r.entered(v)
				}
			}
		}
	}
	return given
}

// entered is what an input holds, in Slack's words, as HTML would have it.
func (r reader) entered(v any) (all []string) {
	switch v := v.(type) {
	case string:
		if v != "" {
			all = []string{v}
		}
	case int64:
		all = []string{time.Unix(v, 0).In(r.zone).Format(minute)}
	case float64:
		all = []string{time.Unix(int64(v), 0).In(r.zone).Format(minute)}
	case map[string]any:
		return r.entered(v["value"])
	case []any:
		for _, one := range v {
			all = append(all, r.entered(one)...)
		}
	}
	return all
}

// minute is how HTML writes a day and a time of it, in nobody's zone.
const minute = "2006-01-02T15:04"
