package slackapp

import (
	"context"
	"encoding/json"
	"strings"

	"kept/notify"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// modal is a modal in the making. Its inputs each have a block_id that says what is
// asked for, and inputID as their action_id.
type modal struct {
	callback string
	title    string // of at most 24 characters
	submit   string // on the button that submits it; "" for a modal that asks for nothing
	private  string // what it must know again when it is submitted. People can edit it
	typed    state  // what stands in its inputs already, which goes before what they begin with
	blocks   []slack.Block
}

// add puts blocks at the end of the modal.
func (m *modal) add(blocks ...slack.Block) { m.blocks = append(m.blocks, blocks...) }

// say puts paragraphs at the end of the modal, unless there are none.
func (m *modal) say(parts ...slack.RichTextElement) {
	if len(parts) > 0 {
		m.add(slack.NewRichTextBlock("", parts...))
	}
}

// maxModalBlocks is how many blocks Slack shows in a modal.
const maxModalBlocks = 100

// view is the modal as Slack takes it.
func (m *modal) view() slack.ModalViewRequest {
	v := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: m.callback, PrivateMetadata: m.private,
		Title: plain(m.title, 24), Close: plain("Close", 24),
		Blocks: slack.Blocks{BlockSet: m.blocks[:min(len(m.blocks), maxModalBlocks)]},
	}
	if m.submit != "" {
		v.Submit, v.Close = plain(m.submit, 24), plain("Cancel", 24)
	}
	return v
}

// plain is a text that is shown as it is, on one line of at most most characters.
func plain(text string, most int) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, kit.Line(text, most), false, false)
}

// present opens a modal for a click or shortcut: on top of the modal in which it was
// clicked, if it was in one. Slack takes a trigger for three seconds only.
func (a *App) present(ctx context.Context, in *interaction, m *modal) error {
	open := a.api.OpenViewContext
	if in.View.Type == "modal" {
		open = a.api.PushViewContext
	}
	_, err := open(ctx, in.Trigger, m.view())
	return err
}

// change shows another content in a modal that is open. A hash that is out of date says
// that a newer change is on its way, which shows all that this one would.
func (a *App) change(ctx context.Context, id, hash string, m *modal) {
	_, err := a.api.UpdateViewContext(ctx, m.view(), "", hash, id)
	if err != nil && !strings.Contains(err.Error(), "hash_conflict") {
		a.log.Warn("a modal in Slack was not changed", "modal", m.callback, "error", err)
	}
}

// changes says what each modal does when one of its inputs changes that says so at once,
// by its callback_id.
var changes = map[string]func(*App, context.Context, *click) reply{
	notify.ActionNewDate: (*App).dateChanged,
	callbackLog:          (*App).replan,
}

// changed answers an input that changed.
func (a *App) changed(ctx context.Context, c *click) reply {
	if do := changes[c.View.Callback]; do != nil {
		return do(a, ctx, c)
	}
	return reply{}
}

// wrong tells in a modal what is wrong with what was typed, by block; nothing that was
// typed is lost.
func wrong(errs map[string]string) reply {
	shown := make(map[string]string, len(errs))
	for block, text := range errs {
		shown[block] = kit.Line(kit.Capital(text), 500)
	}
	return reply{body: slack.NewErrorsViewSubmissionResponse(shown)}
}

// insteadOf is instead for a modal with what was typed, which may be more than an answer on
// Slack's socket can hold: then it follows, and the answer only says so, at a block, so
// that Slack does not close the modal.
func (a *App) insteadOf(in *interaction, m *modal, block, said string) reply {
	r := instead(m)
	if raw, err := json.Marshal(r.body); err == nil && len(raw) <= maxAnswer {
		return r
	}
	r = wrong(map[string]string{block: said})
	r.after = func(ctx context.Context) { a.change(ctx, in.View.ID, "", m) }
	return r
}

// instead is an answer to a submission that shows another content in the same modal.
func instead(m *modal) reply {
	v := m.view()
	return reply{body: slack.NewUpdateViewSubmissionResponse(&v)}
}
