package scheduler

import (
	"strings"
	"testing"
)

// Every spec here is accepted, or makes robfig/cron panic, and would then never fire
// or fire every second.
func TestI11_SpecsThatCronShouldRefuse(t *testing.T) {
	for spec, why := range map[string]string{
		"TZ=":                           "UTC",
		"TZ=0":                          "UTC",
		"CRON_TZ=UTC":                   "UTC",
		"CRON_TZ=Europe/Berlin 0 9 * *": "UTC",
		"@every 0s":                     "once a minute",
		"@every -5m":                    "once a minute",
		"@every 500ms":                  "once a minute",
		"@every 59s":                    "once a minute",
		"* * * * * *":                   "five fields",
		"0 9 * * 7":                     "Sunday is 0",
		"0 9 30 2 *":                    "never comes",
		"0 9 31 11 *":                   "never comes",
		"":                              "five fields",
		"@reboot":                       "five fields",
	} {
		_, err := ParseSpec(spec)
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: got %v, want a refusal that says %q", spec, err, why)
		}
	}
	for _, spec := range []string{"* * * * *", "*/5 * * * *", "@hourly", "@every 1m", "0 9 29 2 *"} {
		if _, err := ParseSpec(spec); err != nil {
			t.Errorf("%q: %v", spec, err)
		}
	}
}
