package store

import (
	"context"
	"strings"
	"unicode"

	"kept/commitments"
	"kept/commitments/calendar"
)

// Setup is what a new database begins with.
type Setup struct {
	Zone       string // of the default calendar; "" is UTC
	Currency   string // ISO 4217 code; "" is USD
	AdminEmail string // may be "" where the admin is known by name only
	AdminName  string
}

// Init fills a new database: its instance name, its default calendar, its first admin.
func (s *Store) Init(ctx context.Context, in Setup) error {
	if in.Zone == "" {
		in.Zone = "UTC"
	}
	if _, err := calendar.Zone(in.Zone); err != nil {
		return commitments.Invalid("zone", err.Error())
	}
	if in.Currency == "" {
		in.Currency = "USD"
	}
	if len(in.Currency) != 3 || strings.ContainsFunc(in.Currency, func(r rune) bool { return !unicode.IsUpper(r) }) {
		return commitments.Invalid("currency", "write its three-letter code, as USD or EUR")
	}
	err := s.write(ctx, func(t *tx) error {
		for name, value := range map[string]string{"instance": randomKey(), "currency": in.Currency, bookStamp: randomKey()} {
			if _, err := t.exec("INSERT INTO settings (name, value) VALUES (?, ?)", name, value); err != nil {
				return err
			}
		}
		_, err := t.exec("INSERT INTO calendars (name, name_key, zone, hours, is_default) VALUES ('default', 'default', ?, ?, 1)",
			in.Zone, calendar.Default().Hours().String())
		if err != nil || in.AdminName == "" && in.AdminEmail == "" {
			return err
		}
		return t.firstAdmin(in)
	})
	if err != nil {
		return err
	}
	return s.loadSettings(ctx)
}

func (t *tx) firstAdmin(in Setup) error {
	email, err := emailAddress("admin", in.AdminEmail)
	if err != nil {
		return err
	}
	if in.AdminName == "" {
		in.AdminName = in.AdminEmail
	}
	name, err := required("name", in.AdminName, maxName)
	if err != nil {
		return err
	}
	_, err = t.addPerson(name, email, commitments.Admin, 0)
	return err
}

// emailAddress is an address as it is stored and compared: in lower case.
func emailAddress(field, typed string) (string, error) {
	typed, err := clean(field, typed, 254, false)
	if err != nil || typed == "" {
		return "", err
	}
	local, domain, ok := strings.Cut(typed, "@")
	if !ok || local == "" || domain == "" || strings.ContainsAny(typed, " \t<>,;") || strings.Contains(domain, "@") {
		return "", commitments.Invalid(field, "\""+shorten(typed)+"\" is not an e-mail address")
	}
	return nameKey(typed), nil
}
