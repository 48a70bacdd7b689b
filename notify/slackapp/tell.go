package slackapp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// tell says something to the one who clicked, and to nobody else, where they clicked: at
// the address that came with the click, which also works where the app is no member; if
// there is none, or Slack takes it no more, by a message of its own.
func (a *App) tell(ctx context.Context, in *interaction, text string, shown ...slack.Block) {
	if err := a.tellOnce(ctx, in, text, shown, false); err != nil {
		a.log.Warn("a private answer in Slack was not sent", "error", err)
	}
}

// tellInstead is tell in place of the private message that was clicked.
func (a *App) tellInstead(ctx context.Context, in *interaction, text string, shown ...slack.Block) {
	if err := a.tellOnce(ctx, in, text, shown, true); err != nil {
		a.log.Warn("a private answer in Slack was not sent", "error", err)
	}
}

func (a *App) tellOnce(ctx context.Context, in *interaction, text string, shown []slack.Block, replace bool) error {
	err := a.respond(ctx, in, text, shown, replace)
	if err != nil && in.Channel.ID != "" {
		err = a.tellBeside(ctx, in, text, shown)
	}
	return err
}

// respond posts to the address that came with a click. Such an address is its own key:
// no error holds it.
func (a *App) respond(ctx context.Context, in *interaction, text string, shown []slack.Block, replace bool) error {
	if in.Response == "" {
		return errors.New("the request came without an address to answer to")
	}
	if !a.slacks(in.Response) {
		return errors.New("the address to answer to is not one of Slack's")
	}
	body, err := json.Marshal(struct {
		whisper
		Replace bool   `json:"replace_original"`
		Thread  string `json:"thread_ts,omitempty"`
	}{whisper{Type: "ephemeral", Text: kit.Escape(text), Blocks: shown}, replace, in.Message.ThreadTS})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, in.Response, bytes.NewReader(body))
	if err != nil {
		return errors.New("the address to answer to is none")
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := a.bare.Do(r)
	if err != nil {
		var at *url.Error
		if errors.As(err, &at) {
			err = at.Err
		}
		return err
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body) // so that the connection can be used again
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("at the address to answer to: %s", answer.Status)
	}
	return nil
}

// slacks reports whether an address that came with a request is Slack's: the host for
// such, or that of the API we were told of.
func (a *App) slacks(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil {
		return false
	}
	if api, err := url.Parse(a.cfg.Slack.APIURL); err == nil && api.Host != "" {
		return u.Scheme == api.Scheme && u.Host == api.Host
	}
	return u.Scheme == "https" && (u.Host == "hooks.slack.com" || u.Host == "hooks.slack-gov.com")
}

func (a *App) tellBeside(ctx context.Context, in *interaction, text string, shown []slack.Block) error {
	options := []slack.MsgOption{slack.MsgOptionText(kit.Escape(text), false)}
	if len(shown) > 0 {
		options = append(options, slack.MsgOptionBlocks(shown...))
	}
	if in.Message.ThreadTS != "" {
		options = append(options, slack.MsgOptionTS(in.Message.ThreadTS))
	}
	_, err := a.api.PostEphemeralContext(ctx, in.Channel.ID, in.User.ID, options...)
	return err
}

// turnAway answers somebody who may do nothing: where they clicked, in a modal on top of
// the view they clicked in.
func (a *App) turnAway(in *interaction, err error) reply {
	text := a.whyNot(err, in.User.ID)
	note := modal{title: "Not done"}
	note.add(slack.NewSectionBlock(plain(text, maxTyped), nil, nil))
	switch {
	case in.Type == "view_submission":
		return reply{body: map[string]any{"response_action": "push", "view": note.view()}}
	case in.View.Type == "":
		return later(func(ctx context.Context) { a.tell(ctx, in, text) })
	}
	return later(func(ctx context.Context) {
		if err := a.present(ctx, in, &note); err != nil {
			a.log.Warn("a private answer in Slack was not shown", "error", err)
		}
	})
}

// whyNot tells somebody why they may make no request.
func (a *App) whyNot(err error, user string) string {
	if errors.Is(err, errUnknown) {
		return stranger(err, user)
	}
	return a.words(err)
}
