package holidays

import (
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/br"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/gr"
	"github.com/rickar/cal/v2/it"
	"github.com/rickar/cal/v2/pl"
	"github.com/rickar/cal/v2/ro"
	"github.com/rickar/cal/v2/ru"
	"github.com/rickar/cal/v2/sk"
	"github.com/rickar/cal/v2/ua"
)

// The library's last release is of 2023. Each function here says by which law
// or rule it departs from it. Only days off work are meant: a national day on
// which people work is not listed.

// poland: 24 December is free since 2025 (law of 6 December 2024,
// Dz.U. 2024 poz. 1965).
func poland() []*cal.Holiday {
	return with(pl.Holidays, since(2025, fixed("Wigilia", time.December, 24)))
}

// slovakia: three savings laws. 1 September is worked since 2024, 17 November
// since 2025, and in 2026 alone 8 May and 15 September.
func slovakia() []*cal.Holiday {
	list := without(sk.Holidays, sk.Constitution, sk.Freedom, sk.Liberation, sk.LadyOfSorrows)
	return with(list,
		until(2023, sk.Constitution),
		until(2024, sk.Freedom),
		except(sk.Liberation, 2026),
		except(sk.LadyOfSorrows, 2026),
	)
}

// denmark: Constitution Day, 5 June, is not a public holiday; some collective
// agreements free a part of it. (Store bededag was abolished from 2024, law
// 214 of 2023, which the library knows.)
func denmark() []*cal.Holiday { return without(dk.Holidays, dk.Grundlovsdag) }

// bavaria: the Assumption is free in communities with more Catholics than
// Protestants, five in six of them, Munich included (Feiertagsgesetz art. 1).
func bavaria() []*cal.Holiday { return with(de.HolidaysBY, de.MariaHimmelfahrt) }

// berlin: Women's Day is free since 2019, and the end of the war was
// remembered by a free day in 2020 and 2025.
func berlin() []*cal.Holiday {
	return with(without(de.HolidaysBE, de.Frauentag),
		since(2019, de.Frauentag),
		once("Tag der Befreiung", 2020, time.May, 8),
		once("Tag der Befreiung", 2025, time.May, 8))
}

// mecklenburg: Women's Day is free since 2023.
func mecklenburg() []*cal.Holiday { return with(de.HolidaysMV, since(2023, de.Frauentag)) }

// italy: Saint Francis is free again from 2026 (law 151 of 8 October 2025).
func italy() []*cal.Holiday {
	return with(it.Holidays, since(2026, fixed("San Francesco d'Assisi", time.October, 4)))
}

// romania: Epiphany and Saint John are free since 2024 (law 52 of 2023).
func romania() []*cal.Holiday {
	return with(ro.Holidays,
		since(2024, fixed("Boboteaza", time.January, 6)),
		since(2024, fixed("Sfântul Ioan Botezătorul", time.January, 7)))
}

// brazil: Black Consciousness Day is national since 2024 (law 14.759 of 2023).
func brazil() []*cal.Holiday {
	return with(br.Holidays, since(2024, fixed("Dia Nacional de Zumbi e da Consciência Negra", time.November, 20)))
}

// greece: New Year's Day under its own name.
func greece() []*cal.Holiday {
	return with(without(gr.Holidays, gr.Protoxronia), named("Πρωτοχρονιά", gr.Protoxronia))
}

// russia: the New Year holidays of article 112 of the Labour Code. Days moved
// by the yearly decree are not foreseeable.
func russia() []*cal.Holiday {
	list := without(ru.Holidays, ru.UnionDay)
	list = append(list, named("День народного единства", ru.UnionDay))
	for _, day := range []int{2, 3, 4, 5, 6, 8} {
		list = append(list, since(2013, fixed("Новогодние каникулы", time.January, day)))
	}
	return list
}

// ukraine: 7 January, 9 May and 14 October gave way to 25 December, 8 May and
// 1 October, and Statehood Day came in (laws 3107-IX, 3258-IX, 2985-IX of
// 2023). While martial law lasts these are worked: such a team enters none.
func ukraine() []*cal.Holiday {
	weekend := []cal.AltDay{{Day: time.Saturday, Offset: 2}, {Day: time.Sunday, Offset: 1}}
	list := without(ua.Holidays, ua.OrthodoxChristmas, ua.VictoryDay, ua.DefenderOfUkraineDay)
	return with(list,
		until(2023, ua.OrthodoxChristmas),
		until(2023, ua.VictoryDay),
		during(2015, 2022, ua.DefenderOfUkraineDay),
		since(2024, moving(fixed("День пам'яті та перемоги над нацизмом", time.May, 8), weekend...)),
		since(2023, moving(fixed("День захисників і захисниць України", time.October, 1), weekend...)),
		since(2024, moving(fixed("День Української Державності", time.July, 15), weekend...)),
	)
}

// switzerland: only these are free in all cantons or nearly all. The library
// lists every canton's days together.
func switzerland() []*cal.Holiday {
	return []*cal.Holiday{
		ch.Neujahr, ch.Karfreitag, ch.Ostermontag, ch.Auffahrt, ch.Pfingstmontag,
		ch.Bundesfeiertag, ch.Weihnachtstag, ch.ZweiterWeihnachtsfeiertag,
	}
}

// geneva: its own fast, on the Thursday after the first Sunday of September,
// and its own 31 December; Corpus Christi is not free.
func geneva() []*cal.Holiday {
	return with(without(ch.HolidaysGE, ch.Fronleichnam),
		nth("Jeûne genevois", time.September, 1, time.Sunday, 4),
		fixed("Restauration de la République", time.December, 31))
}

// vaud: the Monday after the federal fast, the third Sunday of September.
func vaud() []*cal.Holiday {
	return with(ch.HolidaysVD, nth("Lundi du Jeûne fédéral", time.September, 3, time.Sunday, 1))
}

// neuchatel: the Republic's day; Corpus Christi is free in one village only.
func neuchatel() []*cal.Holiday {
	return with(without(ch.HolidaysNE, ch.Fronleichnam), fixed("Instauration de la République", time.March, 1))
}

// jura: the day of the plebiscite of 1974.
func jura() []*cal.Holiday {
	return with(ch.HolidaysJU, fixed("Commémoration du plébiscite jurassien", time.June, 23))
}
