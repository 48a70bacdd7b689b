-- Every table of Kept, for SQLite and PostgreSQL alike.
--
-- How values are kept, the same on both engines:
--   an instant          BIGINT, microseconds since 1970-01-01T00:00:00Z; NULL = not (yet) known
--   a civil date        TEXT, YYYY-MM-DD; NULL = none
--   a time of day       BIGINT, minutes after midnight; NULL = none
--   money               BIGINT, hundredths of the currency's main unit; NULL = unknown
--   a number of days    BIGINT, hundredths of a working day where a fraction makes sense, else days
--   yes or no           BIGINT, 1 or 0
--   text                TEXT in NFC, never NULL: '' = not given
-- A column id is the short number people type. What differs between the engines
-- (how ids are numbered, how a table is made append-only) is in the store's dialects.

-- What this database is: its random instance name, zone, currency and the like.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- The days and hours that are worked somewhere, in one zone.
CREATE TABLE calendars (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    name_key   TEXT NOT NULL UNIQUE,              -- the name as it is compared
    zone       TEXT NOT NULL,                     -- IANA name, as Europe/Warsaw
    hours      TEXT NOT NULL,                     -- mon-fri 09:00-12:30,13:30-17:30
    region     TEXT NOT NULL DEFAULT '',          -- whose holidays it began with, as PL or US-NY
    is_default BIGINT NOT NULL DEFAULT 0 CHECK (is_default IN (0, 1)),
    version    BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX calendars_one_default ON calendars (is_default) WHERE is_default = 1;

-- A day that breaks a calendar's weekly pattern: a holiday, a closure, an extra working day.
CREATE TABLE calendar_days (
    calendar_id BIGINT NOT NULL REFERENCES calendars (id) ON DELETE CASCADE,
    day         TEXT NOT NULL,
    name        TEXT NOT NULL,
    works       BIGINT NOT NULL DEFAULT 0 CHECK (works IN (0, 1)),
    PRIMARY KEY (calendar_id, day)
);

-- Someone who owns promises, leads a team, looks after customers, or only looks.
CREATE TABLE people (
    id            INTEGER PRIMARY KEY,
    key           TEXT NOT NULL UNIQUE,           -- random: what alerts are tied to
    name          TEXT NOT NULL,
    name_key      TEXT NOT NULL,                  -- the name as it is compared; two people may share it
    email         TEXT NOT NULL DEFAULT '',       -- lower case; '' = known by name or id only
    role          TEXT NOT NULL CHECK (role IN ('admin', 'lead', 'member', 'manager', 'viewer')),
    zone          TEXT NOT NULL DEFAULT '',       -- '' = the zone of their team's calendar
    backup_id     BIGINT REFERENCES people (id),
    slack_user    TEXT NOT NULL DEFAULT '',       -- U…; '' = not (yet) found
    sought_at     BIGINT,                         -- when Slack was last asked who has this e-mail; NULL = never, or a person said who
    digest_at     TEXT NOT NULL DEFAULT 'mon 09:00', -- in the person's own zone
    created_at    BIGINT NOT NULL,                -- digests are owed only from here on
    manages_since BIGINT,                         -- first customer given to them
    erased_at     BIGINT
);
CREATE UNIQUE INDEX people_email ON people (email) WHERE email <> '';
CREATE INDEX people_name ON people (name_key);
CREATE INDEX people_slack ON people (slack_user) WHERE slack_user <> '';

-- Days on which a person is away, and who stands in.
CREATE TABLE absences (
    id            INTEGER PRIMARY KEY,
    person_id     BIGINT NOT NULL REFERENCES people (id),
    first_day     TEXT NOT NULL,
    last_day      TEXT NOT NULL,
    substitute_id BIGINT NOT NULL REFERENCES people (id),
    CHECK (first_day <= last_day)
);

-- A group of people with one Slack channel, one calendar and one set of rules.
CREATE TABLE teams (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL,
    name_key    TEXT NOT NULL UNIQUE,
    channel     TEXT NOT NULL DEFAULT '',         -- Slack channel id, C…
    lead_id     BIGINT REFERENCES people (id),
    calendar_id BIGINT REFERENCES calendars (id),
    padding     TEXT NOT NULL DEFAULT '',         -- 5d, 20%, learned:95; '' = the default rule
    alerts      TEXT NOT NULL DEFAULT 'dm' CHECK (alerts IN ('dm', 'channel', 'both')),
    thresholds  TEXT NOT NULL DEFAULT '{}'        -- JSON: the numbers of the risk rules this team has changed
);

-- Who is in which team; a person's first team decides their working hours.
CREATE TABLE team_members (
    person_id BIGINT NOT NULL REFERENCES people (id),
    team_id   BIGINT NOT NULL REFERENCES teams (id),
    place     BIGINT NOT NULL,                    -- 1 is the person's first team
    PRIMARY KEY (person_id, team_id)
);
CREATE INDEX team_members_team ON team_members (team_id);

-- A sort of promise (SSO, bulk pickup) that may have its own padding.
CREATE TABLE kinds (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    padding TEXT NOT NULL DEFAULT ''
);

-- Someone to whom we make promises.
CREATE TABLE customers (
    id             INTEGER PRIMARY KEY,
    name           TEXT NOT NULL,
    name_key       TEXT NOT NULL UNIQUE,          -- "ACME" and "Acme " are one customer
    manager_id     BIGINT REFERENCES people (id), -- the account manager
    calendar_id    BIGINT REFERENCES calendars (id),
    padding        TEXT NOT NULL DEFAULT '',
    sale           BIGINT,                        -- money per sale
    every_months   BIGINT CHECK (every_months > 0), -- months between sales
    years          BIGINT CHECK (years > 0),      -- years the customer stays
    margin         BIGINT CHECK (margin BETWEEN 0 AND 100), -- percent of a sale that is kept; NULL = 100
    lifetime_value BIGINT,                        -- money, by the arithmetic of the columns above
    note           TEXT NOT NULL DEFAULT '',
    created_at     BIGINT NOT NULL
);
CREATE INDEX customers_manager ON customers (manager_id);

-- A person at a customer.
CREATE TABLE contacts (
    id          INTEGER PRIMARY KEY,
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    name        TEXT NOT NULL,
    role        TEXT NOT NULL DEFAULT '',
    phone       TEXT NOT NULL DEFAULT '',
    email       TEXT NOT NULL DEFAULT '',
    prefers     TEXT NOT NULL DEFAULT '' CHECK (prefers IN ('', 'phone', 'email', 'chat'))
);
CREATE INDEX contacts_customer ON contacts (customer_id);

-- One promise to one customer, as it stands after every fact known today. What it
-- was on an earlier day is folded from promise_dates, check_ins, touches and turns.
CREATE TABLE commitments (
    id             INTEGER PRIMARY KEY,
    key            TEXT NOT NULL UNIQUE,          -- random: what alerts and Slack messages are tied to
    external_id    TEXT NOT NULL DEFAULT '',      -- its id in the list it was imported from
    customer_id    BIGINT NOT NULL REFERENCES customers (id),
    owner_id       BIGINT NOT NULL REFERENCES people (id),
    team_id        BIGINT REFERENCES teams (id),
    kind_id        BIGINT REFERENCES kinds (id),
    title          TEXT NOT NULL CHECK (title <> ''),
    words          TEXT NOT NULL DEFAULT '',      -- what we told them, in our words
    link           TEXT NOT NULL DEFAULT '',      -- where it was said
    done_means     TEXT NOT NULL DEFAULT '',
    price          BIGINT,                        -- money; 0 = free
    value          BIGINT,                        -- money
    update_every   BIGINT CHECK (update_every > 0), -- working days between updates owed to the customer
    made_at        BIGINT NOT NULL,               -- when the promise was made
    made_by        BIGINT REFERENCES people (id),
    first_date_by  TEXT,                          -- the date-by it was made with
    internal_done_at BIGINT,                      -- when we were done with it ourselves, where a list says so
    rating         BIGINT CHECK (rating BETWEEN 1 AND 5),

    -- the two dates as last agreed
    promise_date   TEXT,
    promise_time   BIGINT CHECK (promise_time BETWEEN 0 AND 1440),
    target_date    TEXT,
    date_by        TEXT,                          -- the day by which we owe the customer a date
    due_at         BIGINT NOT NULL,               -- when the promised day or time, or the date-by, has ended
    padding_days   BIGINT,                        -- working days after the target, up to and including the promise
    padding_why    TEXT NOT NULL DEFAULT '',      -- the rule that set them, and whose it was

    -- the newest facts, as the risk rules read them
    work_left      BIGINT CHECK (work_left >= 0), -- hundredths of a working day, counted from work_left_at
    work_left_at   BIGINT,
    blocked        TEXT NOT NULL DEFAULT '',
    checked_in_at  BIGINT,
    called_at      BIGINT,                        -- last call in which the customer was reached
    still_on_at    BIGINT,                        -- that call, if it confirmed the date
    slipping_at    BIGINT,                        -- that call, if it said the date will not hold
    new_date_at    BIGINT,                        -- last time a new date was agreed
    lost           BIGINT NOT NULL DEFAULT 0,     -- dates that were missed, or moved by us, and have been replaced
    waiting_for    TEXT NOT NULL DEFAULT '',      -- what we wait for from the customer
    waiting_since  BIGINT,
    heard_at       BIGINT,                        -- last time the customer heard of it from us: a call, a message, a date told
    delivered_at   BIGINT,
    handed_at      BIGINT,                        -- last time it was given to another owner
    accepted_at    BIGINT,                        -- when the customer took what was delivered for good; delivered is our word, this is theirs
    withdrawn_at   BIGINT,
    old_before     BIGINT NOT NULL DEFAULT 0,     -- dates missed before then, as a list that was imported says, open no rescue
    rescue_opened_at     BIGINT,                  -- the newest rescue, as it stood at last_fact_at: the date was missed, or a person opened it
    rescue_owned_at      BIGINT,
    rescue_called_at     BIGINT,                  -- the first call in it that reached the customer
    rescue_made_right_at BIGINT,
    rescue_closed_at     BIGINT,
    last_fact_at   BIGINT NOT NULL,               -- the newest instant of all facts

    -- what the sweep has made of it
    stage          TEXT NOT NULL DEFAULT 'on-track'
                   CHECK (stage IN ('on-track', 'watch', 'at-risk', 'overdue', 'delivered', 'withdrawn')),
    episode        BIGINT NOT NULL DEFAULT 1,     -- rises when an alert opens after the last one was settled
    alerted        TEXT NOT NULL DEFAULT '' CHECK (alerted IN ('', 'watch', 'at-risk', 'overdue')), -- the alert now open
    alerted_at     BIGINT,                        -- when it opened
    settled        BIGINT NOT NULL DEFAULT 0 CHECK (settled IN (0, 1)), -- the next alert begins a new episode
    asks_nothing   BIGINT NOT NULL DEFAULT 0 CHECK (asks_nothing IN (0, 1)), -- fell back to watch: no check-in question
    old_news       BIGINT NOT NULL DEFAULT 0 CHECK (old_news IN (0, 1)), -- overdue when imported: the digest tells, no alert
    laddered_at    BIGINT,                        -- rungs of the open alert's ladder that were due by then are done with
    lost_told      BIGINT NOT NULL DEFAULT 0,     -- of the dates lost, those that were told to the account manager or need not be
    rescue_clock_at     BIGINT,                   -- when the clocks of the rescue now open began: its owner was told
    rescue_laddered_at  BIGINT,                   -- steps of those clocks that were due by then are done with
    update_told_at      BIGINT,                   -- the update due on the day that began then was asked of the owner
    handed_told_at      BIGINT,                   -- the hand-over of then was told
    next_review_at BIGINT,                        -- when the sweep must look again; NULL = nothing can change by itself
    version        BIGINT NOT NULL DEFAULT 1,

    CHECK (promise_date IS NOT NULL OR date_by IS NOT NULL),
    CHECK (target_date IS NULL OR promise_date IS NULL OR target_date <= promise_date),
    CHECK (promise_time IS NULL OR promise_date IS NOT NULL),
    CHECK (delivered_at IS NULL OR withdrawn_at IS NULL),
    CHECK (delivered_at IS NULL OR delivered_at >= made_at),
    CHECK (rescue_opened_at IS NOT NULL OR coalesce(rescue_owned_at, rescue_called_at, rescue_made_right_at, rescue_closed_at) IS NULL),
    CHECK ((work_left IS NULL) = (work_left_at IS NULL))
);
CREATE UNIQUE INDEX commitments_external ON commitments (external_id) WHERE external_id <> '';
CREATE INDEX commitments_review ON commitments (next_review_at) WHERE next_review_at IS NOT NULL;
CREATE INDEX commitments_customer ON commitments (customer_id, due_at);
-- These two answer what the digest asks of promises it then leaves out, without a look at their rows.
CREATE INDEX commitments_open ON commitments (customer_id, stage, next_review_at, last_fact_at, made_at, delivered_at, withdrawn_at)
    WHERE delivered_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX commitments_closed ON commitments (customer_id, last_fact_at, made_at, delivered_at, withdrawn_at)
    WHERE delivered_at IS NOT NULL OR withdrawn_at IS NOT NULL;
CREATE INDEX commitments_rescued ON commitments (customer_id, rescue_opened_at, rescue_closed_at) WHERE rescue_opened_at IS NOT NULL;
CREATE INDEX commitments_owner ON commitments (owner_id) WHERE delivered_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX commitments_done ON commitments (owner_id) WHERE delivered_at IS NOT NULL OR withdrawn_at IS NOT NULL;

-- A date the customer was told, for ever: the first, and each agreed in its place.
CREATE TABLE promise_dates (
    id            INTEGER PRIMARY KEY,
    commitment_id BIGINT NOT NULL REFERENCES commitments (id),
    place         BIGINT NOT NULL,                -- 1 is the first date
    promise_date  TEXT NOT NULL,
    promise_time  BIGINT,
    target_date   TEXT,
    due_at        BIGINT NOT NULL,
    told_at       BIGINT NOT NULL,                -- when the customer was told
    told_by       BIGINT REFERENCES people (id),
    asked_by      TEXT NOT NULL DEFAULT '' CHECK (asked_by IN ('', 'us', 'customer')),
    why           TEXT NOT NULL DEFAULT '',
    replaced_at   BIGINT,                         -- told_at of the date that took its place
    accepted_at   BIGINT,                         -- when the customer agreed to it
    accepted_by   TEXT NOT NULL DEFAULT '',       -- who of them did, by name
    recorded_at   BIGINT NOT NULL,
    recorded_by   BIGINT REFERENCES people (id),
    UNIQUE (commitment_id, place)
);
CREATE INDEX promise_dates_replaced ON promise_dates (due_at) WHERE replaced_at IS NOT NULL;

-- An owner's answer: how much work is left, whether something is in the way.
CREATE TABLE check_ins (
    id            INTEGER PRIMARY KEY,
    commitment_id BIGINT NOT NULL REFERENCES commitments (id),
    at            BIGINT NOT NULL,
    by_id         BIGINT REFERENCES people (id),
    work_left     BIGINT NOT NULL CHECK (work_left >= 0), -- hundredths of a working day
    blocked       TEXT NOT NULL DEFAULT '',
    note          TEXT NOT NULL DEFAULT '',
    recorded_at   BIGINT NOT NULL
);
CREATE INDEX check_ins_commitment ON check_ins (commitment_id);

-- One contact with a customer. A call about a promise has an outcome.
CREATE TABLE touches (
    id            INTEGER PRIMARY KEY,
    customer_id   BIGINT NOT NULL REFERENCES customers (id),
    commitment_id BIGINT REFERENCES commitments (id),
    at            BIGINT NOT NULL,
    by_id         BIGINT REFERENCES people (id),
    channel       TEXT NOT NULL,                  -- phone, email, chat, meeting …
    inbound       BIGINT NOT NULL DEFAULT 0 CHECK (inbound IN (0, 1)),
    reached       BIGINT NOT NULL DEFAULT 1 CHECK (reached IN (0, 1)),
    outcome       TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'still-on', 'new-date', 'slipping', 'not-reached', 'rescue')),
    date_by       TEXT,                           -- slipping: the day by which we owe them a date
    summary       TEXT NOT NULL DEFAULT '',
    recorded_at   BIGINT NOT NULL
);
CREATE INDEX touches_commitment ON touches (commitment_id);
CREATE INDEX touches_customer ON touches (customer_id, at);
CREATE INDEX touches_inbound ON touches (customer_id, at) WHERE inbound = 1;

-- A turn in a promise's life: delivered, withdrawn, reopened, waiting for the customer, or over, given to another owner;
-- somebody is on the call, or puts it off; the customer accepted what was delivered.
CREATE TABLE turns (
    id            INTEGER PRIMARY KEY,
    commitment_id BIGINT NOT NULL REFERENCES commitments (id),
    at            BIGINT NOT NULL,
    by_id         BIGINT REFERENCES people (id),
    turn          TEXT NOT NULL CHECK (turn IN ('delivered', 'withdrawn', 'reopened', 'waiting', 'resumed', 'handed-over', 'acked', 'snoozed', 'accepted')),
    why           TEXT NOT NULL DEFAULT '',
    until         BIGINT,                         -- snoozed: when the owner is told again
    who           TEXT NOT NULL DEFAULT '',       -- accepted: who of the customer's people, by name
    recorded_at   BIGINT NOT NULL
);
CREATE INDEX turns_commitment ON turns (commitment_id);

-- A step of a rescue, which is what is owed after a let-down: own it, call, make it right, close it. A missed date
-- opens one by itself, without a row here; a person may open one at any time. A call in it is a touch as well.
CREATE TABLE rescue_steps (
    id            INTEGER PRIMARY KEY,
    commitment_id BIGINT NOT NULL REFERENCES commitments (id),
    at            BIGINT NOT NULL,
    by_id         BIGINT REFERENCES people (id),
    step          TEXT NOT NULL CHECK (step IN ('opened', 'owned', 'called', 'made-right', 'closed')),
    note          TEXT NOT NULL DEFAULT '',
    reason        TEXT NOT NULL DEFAULT '' CHECK (reason IN ('', 'estimate', 'capacity', 'supplier', 'dependency', 'quality', 'scope', 'customer', 'miscommunication', 'other')),
    severity      TEXT NOT NULL DEFAULT '' CHECK (severity IN ('', 'low', 'medium', 'high')),
    what          TEXT NOT NULL DEFAULT '',       -- what we gave to make it right
    cost          BIGINT,                         -- money
    won_back      BIGINT CHECK (won_back IN (0, 1)), -- closed: whether the customer stays; NULL = unknown
    recorded_at   BIGINT NOT NULL
);
CREATE INDEX rescue_steps_commitment ON rescue_steps (commitment_id);

-- What a customer said they want, in their own words. It is open until it is promised, given or declined.
CREATE TABLE asks (
    id            INTEGER PRIMARY KEY,
    customer_id   BIGINT NOT NULL REFERENCES customers (id),
    words         TEXT NOT NULL CHECK (words <> ''),
    link          TEXT NOT NULL DEFAULT '',       -- where it was said
    price         BIGINT,                         -- money; 0 = free
    at            BIGINT NOT NULL,                -- when they said it
    by_id         BIGINT REFERENCES people (id),  -- who heard it
    recorded_at   BIGINT NOT NULL
);
CREATE INDEX asks_customer ON asks (customer_id, at);

-- What became of an ask. Promised, it is a commitment: given once that is delivered, and open again once that is withdrawn.
CREATE TABLE ask_answers (
    id            INTEGER PRIMARY KEY,
    ask_id        BIGINT NOT NULL REFERENCES asks (id),
    at            BIGINT NOT NULL,
    by_id         BIGINT REFERENCES people (id),
    answer        TEXT NOT NULL CHECK (answer IN ('promised', 'given', 'declined')),
    commitment_id BIGINT REFERENCES commitments (id), -- the promise made of it
    told          TEXT NOT NULL DEFAULT '',       -- what the customer was told
    recorded_at   BIGINT NOT NULL,
    CHECK ((answer = 'promised') = (commitment_id IS NOT NULL)),
    CHECK (answer <> 'declined' OR told <> '')
);
CREATE INDEX ask_answers_ask ON ask_answers (ask_id);
CREATE INDEX ask_answers_commitment ON ask_answers (commitment_id) WHERE commitment_id IS NOT NULL;

-- A customer was asked how we did with a promise, by a link that works once.
CREATE TABLE surveys (
    id            INTEGER PRIMARY KEY,
    commitment_id BIGINT NOT NULL REFERENCES commitments (id),
    contact_id    BIGINT REFERENCES contacts (id) ON DELETE SET NULL,
    token_hash    TEXT NOT NULL UNIQUE,           -- SHA-256 of the link's token, which is kept nowhere
    asked_at      BIGINT NOT NULL,
    asked_by      BIGINT REFERENCES people (id),
    expires_at    BIGINT NOT NULL,
    answered_at   BIGINT
);
CREATE INDEX surveys_commitment ON surveys (commitment_id);
CREATE INDEX surveys_contact ON surveys (contact_id) WHERE contact_id IS NOT NULL;

-- What a customer said of how we did. Silence is no row: unknown, not good.
CREATE TABLE ratings (
    id            INTEGER PRIMARY KEY,
    commitment_id BIGINT NOT NULL REFERENCES commitments (id),
    survey_id     BIGINT REFERENCES surveys (id), -- NULL = entered by hand
    contact_id    BIGINT REFERENCES contacts (id) ON DELETE SET NULL,
    at            BIGINT NOT NULL,
    by_id         BIGINT REFERENCES people (id),  -- who entered it; NULL = the customer
    rating        BIGINT NOT NULL CHECK (rating BETWEEN 1 AND 5),
    comment       TEXT NOT NULL DEFAULT '',
    recorded_at   BIGINT NOT NULL
);
CREATE INDEX ratings_commitment ON ratings (commitment_id);

-- A small extra given on purpose. Delivering early is none.
CREATE TABLE plus_ones (
    id            INTEGER PRIMARY KEY,
    customer_id   BIGINT NOT NULL REFERENCES customers (id),
    commitment_id BIGINT NOT NULL REFERENCES commitments (id),
    at            BIGINT NOT NULL,
    by_id         BIGINT REFERENCES people (id),
    what          TEXT NOT NULL CHECK (what <> ''),
    cost          BIGINT,                         -- money
    noticed_at    BIGINT,                         -- when we saw that they noticed; NULL = unknown
    recorded_at   BIGINT NOT NULL
);
CREATE INDEX plus_ones_customer ON plus_ones (customer_id, at);
CREATE INDEX plus_ones_commitment ON plus_ones (commitment_id);

-- The fact that someone must act on a promise, told to one person once.
CREATE TABLE alerts (
    id            INTEGER PRIMARY KEY,
    key           TEXT NOT NULL UNIQUE,           -- hash of instance, commitment, stage, episode, recipient and step
    commitment_id BIGINT NOT NULL REFERENCES commitments (id),
    stage         TEXT NOT NULL CHECK (stage IN ('on-track', 'watch', 'at-risk', 'overdue', 'delivered', 'withdrawn')), -- beyond the three that alert: told beside the stage
    episode       BIGINT NOT NULL,
    step          TEXT NOT NULL,                  -- owner, owner-again (-2 …), backup, manager; second-miss; the others that commitments names
    recipient_id  BIGINT NOT NULL REFERENCES people (id),
    for_id        BIGINT REFERENCES people (id),  -- who is away, and would have been told
    reasons       TEXT NOT NULL,                  -- JSON: why, in words, as it was then
    codes         TEXT NOT NULL DEFAULT '',       -- the codes of the reasons its card shows by now, as silent,blocked
    at            BIGINT NOT NULL,                -- the sweep's instant
    closed_at     BIGINT,
    closed_why    TEXT NOT NULL DEFAULT ''
);
CREATE INDEX alerts_commitment ON alerts (commitment_id);
CREATE INDEX alerts_open ON alerts (recipient_id) WHERE closed_at IS NULL;

-- An account manager's week, as it was sent. Later corrections do not rewrite it.
CREATE TABLE digests (
    id         INTEGER PRIMARY KEY,
    manager_id BIGINT NOT NULL REFERENCES people (id),
    week       TEXT NOT NULL,                     -- ISO week in the manager's zone, 2026-W47
    due_at     BIGINT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('stored', 'nothing', 'missed')),
    body       TEXT NOT NULL DEFAULT '',          -- JSON
    made_at    BIGINT NOT NULL,
    UNIQUE (manager_id, week)
);

-- One message owed to one place: what it carries, how far it got. Never deleted while it could still be sent.
CREATE TABLE deliveries (
    id            INTEGER PRIMARY KEY,
    key           TEXT NOT NULL UNIQUE,           -- hash of what it carries and where it goes; travels in the message's metadata
    kind          TEXT NOT NULL CHECK (kind IN ('alerts', 'digest', 'follow-up')), -- follow-up: what came of a card, in its thread
    destination   TEXT NOT NULL,                  -- person:ID or channel:C…
    digest_id     BIGINT REFERENCES digests (id),
    part          BIGINT NOT NULL DEFAULT 1,      -- page of a long digest
    thread_of     BIGINT REFERENCES deliveries (id), -- the message it answers, and waits for
    event_id      BIGINT,                         -- a follow-up: the event that it tells
    payload       TEXT NOT NULL DEFAULT '',       -- the message, frozen when it was first about to be sent
    state         TEXT NOT NULL DEFAULT 'pending'
                  CHECK (state IN ('pending', 'sending', 'uncertain', 'sent', 'blocked', 'dead', 'cancelled')),
    attempt       BIGINT NOT NULL DEFAULT 0,      -- tries that count towards giving up
    crashes       BIGINT NOT NULL DEFAULT 0,      -- claims in a row of which nothing more was heard
    fence         BIGINT NOT NULL DEFAULT 0,      -- rises with every claim; only the newest claim may record
    worker        TEXT NOT NULL DEFAULT '',
    lease_until   BIGINT,                         -- by the database's clock
    opens_at      BIGINT NOT NULL,                -- when the recipient's working hours let it go out
    next_at       BIGINT NOT NULL,                -- when it may be tried (again), by the database's clock
    ambiguous     BIGINT NOT NULL DEFAULT 0 CHECK (ambiguous IN (0, 1)), -- Slack may already have it: look before sending
    first_send_at BIGINT,
    last_send_at  BIGINT,
    place         TEXT NOT NULL DEFAULT '',       -- where it went: Slack's channel id, or by e-mail mailto:ID of a person
    slack_ts      TEXT NOT NULL DEFAULT '',
    error_class   TEXT NOT NULL DEFAULT '',
    error         TEXT NOT NULL DEFAULT '',
    mail_at       BIGINT,                         -- not by e-mail before then; NULL = nothing speaks against it
    mailed_at     BIGINT,                         -- when the mail server may have taken it, for all we know
    created_at    BIGINT NOT NULL,
    sent_at       BIGINT,
    stale_at      BIGINT,                         -- it shows no longer what is so, since then: once it is sent, it is edited in place; NULL = it does
    edit_at       BIGINT,                         -- not to be edited before then: somebody is at it, or Slack asked us to wait
    edits         BIGINT NOT NULL DEFAULT 0,      -- tries to edit that came to nothing, since the last that did
    CHECK (state <> 'sent' OR sent_at IS NOT NULL),
    CHECK ((kind = 'follow-up') = (event_id IS NOT NULL)),
    CHECK (state <> 'cancelled' OR ambiguous = 0)
);
CREATE INDEX deliveries_owed ON deliveries (next_at) WHERE state IN ('pending', 'sending', 'uncertain', 'blocked');
CREATE INDEX deliveries_parts ON deliveries (digest_id, part) WHERE digest_id IS NOT NULL;
CREATE INDEX deliveries_thread ON deliveries (thread_of) WHERE thread_of IS NOT NULL;
CREATE INDEX deliveries_stale ON deliveries (stale_at) WHERE stale_at IS NOT NULL;
CREATE INDEX deliveries_dead ON deliveries (id) WHERE state = 'dead';

-- Which alerts a message carries.
CREATE TABLE delivery_alerts (
    delivery_id BIGINT NOT NULL REFERENCES deliveries (id),
    alert_id    BIGINT NOT NULL REFERENCES alerts (id),
    PRIMARY KEY (delivery_id, alert_id)
);
CREATE INDEX delivery_alerts_alert ON delivery_alerts (alert_id);

-- A request from Slack that was carried out: in the same transaction as what it asked for, so that the same one
-- again, which is sent where our answer was lost, changes nothing. Kept for some days.
CREATE TABLE requests (
    key TEXT PRIMARY KEY,
    at  BIGINT NOT NULL
);
CREATE INDEX requests_at ON requests (at);

-- A time in which Slack took nothing from us. At most one is not over.
CREATE TABLE troubles (
    id      INTEGER PRIMARY KEY,
    since   BIGINT NOT NULL,                      -- by the database's clock
    class   TEXT NOT NULL,
    code    TEXT NOT NULL,                        -- Slack's own, or a word of ours: the latest
    why     TEXT NOT NULL,
    over_at BIGINT
);
CREATE UNIQUE INDEX troubles_now ON troubles ((over_at IS NULL)) WHERE over_at IS NULL;

-- Which administrators were told of a trouble by e-mail: that it began, that it is over.
CREATE TABLE notices (
    trouble_id BIGINT NOT NULL REFERENCES troubles (id),
    person_id  BIGINT NOT NULL REFERENCES people (id),
    news       TEXT NOT NULL CHECK (news IN ('began', 'over')),
    next_at    BIGINT NOT NULL,                   -- somebody is at it until then
    sent_at    BIGINT,
    PRIMARY KEY (trouble_id, person_id, news)
);

-- What happened: who, when, what, why. Append-only, refused by the database itself;
-- it holds ids, never names or addresses, so that a person can be erased. What somebody typed stands as typed.
-- The events of a promise tell all of it: replayed, they give its row and its dated facts.
CREATE TABLE events (
    id          INTEGER PRIMARY KEY,
    at          BIGINT NOT NULL,                  -- when it happened
    recorded_at BIGINT NOT NULL,
    actor_id    BIGINT,                           -- NULL = Kept itself
    kind        TEXT NOT NULL,
    subject     TEXT NOT NULL,                    -- commitment, customer, person …
    subject_id  BIGINT NOT NULL,
    data        TEXT NOT NULL DEFAULT '{}'        -- JSON
);
CREATE INDEX events_subject ON events (subject, subject_id);

-- When each standing job last ran, so that downtime loses nothing and repeats nothing.
CREATE TABLE jobs (
    name        TEXT PRIMARY KEY,
    as_of       BIGINT,                           -- the instant it last ran for: it never goes back
    finished_at BIGINT
);
