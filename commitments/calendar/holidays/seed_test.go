package holidays

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"kept/commitments/calendar"
)

// names of a region's holidays in some years, by date.
func names(t *testing.T, region string, from, to int) map[string]string {
	t.Helper()
	list, err := Seed(region, from, to)
	if err != nil {
		t.Fatal(err)
	}
	byDate := map[string]string{}
	for _, d := range list {
		byDate[d.Date.String()] = d.Name
	}
	return byDate
}

// Every correction, on both sides of the change.
func TestSeedCorrections(t *testing.T) {
	for _, row := range []struct{ region, date, want string }{
		{"PL", "2024-12-24", ""},
		{"PL", "2026-12-24", "Wigilia"},
		{"SK", "2023-09-01", "Deň Ústavy Slovenskej republiky"},
		{"SK", "2025-09-01", ""},
		{"SK", "2024-11-17", "Deň boja za slobodu a demokraciu"},
		{"SK", "2025-11-17", ""},
		{"SK", "2026-11-17", ""},
		{"SK", "2026-05-08", ""},
		{"SK", "2027-05-08", "Deň víťazstva nad fašizmom"},
		{"SK", "2026-09-15", ""},
		{"SK", "2025-09-15", "Sviatok Panny Márie Sedembolestnej, patrónky Slovenska"},
		{"DK", "2026-06-05", ""},
		{"DK", "2023-05-05", "Store bededag"},
		{"DK", "2024-04-26", ""},
		{"DE-BY", "2025-08-15", "Mariä Himmelfahrt"},
		{"DE-BE", "2018-03-08", ""},
		{"DE-BE", "2027-03-08", "Frauentag"},
		{"DE-BE", "2025-05-08", "Tag der Befreiung"},
		{"DE-MV", "2022-03-08", ""},
		{"DE-MV", "2027-03-08", "Frauentag"},
		{"IT", "2025-10-04", ""},
		{"IT", "2027-10-04", "San Francesco d'Assisi"},
		{"RO", "2023-01-06", ""},
		{"RO", "2027-01-07", "Sfântul Ioan Botezătorul"},
		{"BR", "2023-11-20", ""},
		{"BR", "2026-11-20", "Dia Nacional de Zumbi e da Consciência Negra"},
		{"GR", "2027-01-01", "Πρωτοχρονιά"},
		{"RU", "2027-01-08", "Новогодние каникулы"},
		{"RU", "2026-11-04", "День народного единства"},
		{"UA", "2023-01-07", "Різдво"},
		{"UA", "2025-01-07", ""},
		{"UA", "2027-10-01", "День захисників і захисниць України"},
		{"CH", "2027-01-06", ""},
		{"CH-GE", "2026-06-04", ""},
		{"CH-GE", "2026-09-10", "Jeûne genevois"},
		{"CH-VD", "2026-09-21", "Lundi du Jeûne fédéral"},
		{"CH-NE", "2027-03-01", "Instauration de la République"},
		{"CH-JU", "2026-06-23", "Commémoration du plébiscite jurassien"},
		{"AR", "2026-04-02", "Día de los Veteranos de la Guerra de Malvinas"},
		{"AR", "2026-04-03", "Viernes Santo"},
		{"AR", "2026-06-15", "Aniversario paso a la inmortalidad del General Martín Miguel de Güemes"},
		{"AR", "2026-06-17", ""},
		{"AR", "2026-11-23", "Día de la Soberanía Nacional"},
		{"AU-NSW", "2026-04-27", "ANZAC Day (additional day)"},
		{"AU-NSW", "2022-06-13", "Queen's Birthday"},
		{"AU-NSW", "2026-06-08", "King's Birthday"},
		{"AU-SA", "2027-04-26", ""},
		{"NZ", "2026-07-10", "Matariki"},
		{"NZ", "2035-06-29", "Matariki"},
		{"NZ", "2036-07-18", ""},
		{"US-NY", "2027-02-12", "Lincoln's Birthday"},
		{"US-NY", "2028-11-07", "Election Day"},
		{"US-MA", "2027-04-19", "Patriots' Day"},
		{"US-CA", "2026-10-12", ""},
		{"US-CA", "2026-11-27", "Day After Thanksgiving Day"},
	} {
		year := calendarYear(t, row.date)
		if got := names(t, row.region, year, year)[row.date]; got != row.want {
			t.Errorf("%s %s is %q, want %q", row.region, row.date, got, row.want)
		}
	}
}

func calendarYear(t *testing.T, date string) int {
	t.Helper()
	d, err := calendar.ParseDate(date)
	if err != nil {
		t.Fatal(err)
	}
	year, _, _ := d.Civil()
	return year
}

// Where holidays move off a weekend, the day itself and the day observed count.
func TestSeedListsTheDayAndTheDayObserved(t *testing.T) {
	us := names(t, "US", 2026, 2027)
	for date, want := range map[string]string{
		"2026-07-03": "Independence Day (observed)",
		"2026-07-04": "Independence Day",
		"2027-07-05": "Independence Day (observed)",
		"2027-12-31": "New Year's Day (observed)", // of 2028, a Saturday
		"2026-11-26": "Thanksgiving Day",
	} {
		if us[date] != want {
			t.Errorf("US %s is %q, want %q", date, us[date], want)
		}
	}
	if _, there := us["2028-01-01"]; there {
		t.Error("a day outside the years asked for")
	}
	if nl := names(t, "NL", 2025, 2025); nl["2025-04-26"] == "" {
		t.Error("Koningsdag 2025 is not on Saturday 26 April")
	}
}

func TestTwoHolidaysOnOneDayShareIt(t *testing.T) {
	want := "Grunnlovsdag / Andre pinsedag"
	if got := names(t, "NO", 2027, 2027)["2027-05-17"]; got != want {
		t.Errorf("17 May 2027 in Norway is %q, want %q", got, want)
	}
}

// The product's own example.
func TestWigiliaIsSkippedByName(t *testing.T) {
	days, err := Seed("pl", 2026, 2027)
	if err != nil {
		t.Fatal(err)
	}
	c, err := calendar.New(calendar.Spec{Region: "PL", Days: days})
	if err != nil {
		t.Fatal(err)
	}
	eve := calendar.NewDate(2026, time.December, 24)
	if got := eve.Short() + " skipped: " + c.Why(eve); got != "Thu 24 Dec skipped: Wigilia, PL" {
		t.Error(got)
	}
}

// Every region makes a calendar for every year: in order, one entry a day, none
// without a name, and not so many or few that a rule must have broken.
func TestEveryRegionMakesACalendar(t *testing.T) {
	for _, region := range Regions() {
		days, err := Seed(region, FirstYear, LastYear)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := calendar.New(calendar.Spec{Region: region, Days: days}); err != nil {
			t.Errorf("%s: %v", region, err)
		}
		perYear := map[int]int{}
		for i, d := range days {
			year, _, _ := d.Date.Civil()
			perYear[year]++
			if d.Name == "" || d.Works || i > 0 && d.Date <= days[i-1].Date {
				t.Errorf("%s: %+v", region, d)
			}
		}
		for year := FirstYear; year <= LastYear; year++ {
			if n := perYear[year]; n < 6 || n > 24 {
				t.Errorf("%s: %d holidays in %d", region, n, year)
			}
		}
	}
}

func TestSeedRefuses(t *testing.T) {
	for _, row := range []struct {
		region   string
		from, to int
		want     string
	}{
		{"US-TX", 2026, 2027, "near it: US, US-CA, US-MA, US-NY;"},
		{"Poland", 2026, 2027, "near it: PL;"},
		{"", 2026, 2027, "near it: AR, AT,"},
		{"X\x1b[31m", 2026, 2027, `"X\x1b[31m" is not a region`},
		{"PL", 2027, 2026, "years 2027 to 2026"},
		{"PL", 1989, 2026, "from 1990 to 2099"},
		{"PL", 2026, 2100, "from 1990 to 2099"},
	} {
		if days, err := Seed(row.region, row.from, row.to); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("Seed(%q, %d, %d) = %d days, %v; want %q", row.region, row.from, row.to, len(days), err, row.want)
		}
	}
}

// I13: in São Paulo some midnights never were; seeds computed there
// must be those computed elsewhere. The test runs itself again in such zones.
func TestI13_SeedsDoNotDependOnTheMachinesZone(t *testing.T) {
	const inChild = "KEPT_TEST_SEED"
	seeds := func() string {
		text := "seeds:"
		for _, region := range []string{"PL", "US", "BR", "BG"} {
			days, err := Seed(region, 2000, 2030)
			text += fmt.Sprint(days, err)
		}
		return text
	}
	if os.Getenv(inChild) != "" {
		fmt.Println(seeds())
		return
	}
	want := seeds()
	for _, zone := range []string{"garbage", "America/Sao_Paulo"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestI13_SeedsDoNotDependOnTheMachinesZone$")
		cmd.Env = append(os.Environ(), inChild+"=1", "TZ="+zone)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("TZ=%s: %v, other seeds", zone, err)
		}
	}
}
