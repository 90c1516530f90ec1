package actions

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/goodwill"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/organisation"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/reach"
)

// asking is what can be asked, inside a transaction or beside it.
type asking interface {
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

// gives refuses a gift to who gives none. Whoever else proposes something is let through.
func gives(op string, p identity.Principal, k action.Kept, o policy.Object) error {
	if !k.Command.Act.OfHouse() || (p.Kind == identity.Staff && policy.Allow(p, policy.GiveGoodwill, o)) {
		return nil
	}
	return fault.New(fault.Forbidden, op, "%s %s gives nothing of the house's", p.Kind, p.Role)
}

// setting reads a singleton as it stands, and keeps what into has where nobody saved one.
func setting(ctx context.Context, from asking, kind string, into any) error {
	var body string
	err := from.QueryRowContext(ctx, "SELECT body FROM setting WHERE kind = $1 AND id = $2", kind, settings.SingletonID(kind)).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(body), into)
	}
	return engine.MapError("actions.setting", err)
}

// rulesOf are the house's rules of now, and when its month began.
func rulesOf(ctx context.Context, from asking, now time.Time) (goodwill.HouseRules, time.Time, error) {
	rules, house := goodwill.HouseRules{}, organisation.Organisation{}
	if err := errors.Join(setting(ctx, from, "goodwill", &rules), setting(ctx, from, "organisation", &house)); err != nil {
		return rules, now, err
	}
	if rules.Linked == 0 { // nobody saved any
		rules = goodwill.Default()
	}
	zone, err := time.LoadLocation(house.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	return rules, goodwill.Month(now, zone), nil
}

// teamOf is the first team of a member of staff; "" for none.
func teamOf(ctx context.Context, from asking, staff string) (string, error) {
	var teams sql.NullString
	err := from.QueryRowContext(ctx, "SELECT teams FROM duty WHERE staff_id = $1", staff).Scan(&teams)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return firstTeam(teams.String), engine.MapError("actions.teamOf", err)
}

func firstTeam(text string) string {
	var list []string
	if json.Unmarshal([]byte(text), &list) == nil && len(list) > 0 {
		return list[0]
	}
	return ""
}

// isOwn tells whether a customer is a member of staff, as far as the wallet tells by which
// mailbox it knows them.
func isOwn(ctx context.Context, from asking, staff string, k action.Kept) (bool, error) {
	var email string
	err := from.QueryRowContext(ctx, "SELECT email FROM staff WHERE id = $1", staff).Scan(&email)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return k.TiedBy(action.TieMail, email), engine.MapError("actions.isOwn", err)
}

// sums are what counts beside a gift already.
func sums(ctx context.Context, from asking, k action.Kept, team string, now, month time.Time) (goodwill.Sums, error) {
	const op = "actions.sums"
	var s goodwill.Sums
	since := func(d time.Duration) int64 { return clock.Micros(now.Add(-d)) }
	oldest := min(since(goodwill.CustomerTime), clock.Micros(month))
	err := from.QueryRowContext(ctx, `SELECT CAST(COALESCE(SUM(CASE WHEN customer_id = $1 AND at > $2 THEN units ELSE 0 END), 0) AS BIGINT),
			CAST(COALESCE(SUM(CASE WHEN staff_id = $3 AND at > $4 THEN units ELSE 0 END), 0) AS BIGINT),
			CAST(COALESCE(SUM(CASE WHEN team = $5 AND at >= $6 THEN units ELSE 0 END), 0) AS BIGINT),
			CAST(COALESCE(SUM(CASE WHEN at >= $6 THEN units ELSE 0 END), 0) AS BIGINT)
		FROM goodwill WHERE currency = $7 AND at >= $8 AND act_id <> $9`,
		k.CustomerID, since(goodwill.CustomerTime), k.Maker.ID, since(goodwill.PersonTime), team, clock.Micros(month), k.Command.Amount.Currency(), oldest, k.ID).Scan(&s.Customer, &s.Person, &s.Team, &s.House)
	if err != nil {
		return s, engine.MapError(op, err)
	}
	err = from.QueryRowContext(ctx, "SELECT COUNT(*) FROM goodwill WHERE customer_id = $1 AND staff_id = $2 AND at > $3 AND act_id <> $4", k.CustomerID, k.Maker.ID, since(goodwill.CustomerTime), k.ID).Scan(&s.Repeat)
	if err != nil {
		return s, engine.MapError(op, err)
	}
	if s.Own, err = isOwn(ctx, from, k.Maker.ID, k); err != nil {
		return s, err
	}
	devices := k.Ties(action.TieDevice)
	if len(devices) == 0 {
		return s, nil
	}
	args, marks := []any{k.CustomerID, since(goodwill.LinkedTime)}, []string{}
	for _, d := range devices {
		args = append(args, d)
		marks = append(marks, "$"+strconv.Itoa(len(args)))
	}
	err = from.QueryRowContext(ctx, `SELECT COUNT(DISTINCT g.act_id) FROM goodwill_device d JOIN goodwill g ON g.act_id = d.act_id
		WHERE g.customer_id <> $1 AND g.at > $2 AND d.device IN (`+strings.Join(marks, ", ")+")", args...).Scan(&s.Linked)
	return s, engine.MapError(op, err)
}

// judged is what the house's rules of now say of a gift, beside all that counts now.
func judged(ctx context.Context, from asking, k action.Kept, now time.Time) (goodwill.Verdict, string, error) {
	rules, month, err := rulesOf(ctx, from, now)
	if err != nil {
		return goodwill.Verdict{}, "", err
	}
	team, err := teamOf(ctx, from, k.Maker.ID)
	if err != nil {
		return goodwill.Verdict{}, "", err
	}
	s, err := sums(ctx, from, k, team, now, month)
	return rules.Judge(k.Command.Amount, k.Command.Reason, s), team, err
}

// reserve counts a gift against the budgets from the yes on, in the transaction of the yes:
// two who give at once see each other. Errors: Forbidden, with why not as its reason.
func reserve(ctx context.Context, t *core.Tx, k *action.Kept) error {
	const op = "actions.reserve"
	v, team, err := judged(ctx, t.SQL, *k, clock.FromMicros(t.Now))
	if err != nil {
		return err
	}
	if v.Why != "" {
		return &fault.Error{Code: fault.Forbidden, Op: op, Field: "act", Reason: v.Why, Message: "the house does not give this"}
	}
	k.Verdict.FourEyes = k.Verdict.FourEyes || v.FourEyes
	units, err := goodwill.Units(k.Command.Amount)
	if err != nil {
		return err
	}
	_, err = t.SQL.ExecContext(ctx, "INSERT INTO goodwill (act_id, conversation_id, customer_id, staff_id, team, currency, units, reason, approver_id, at, given) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, 0)",
		k.ID, k.ConversationID, k.CustomerID, k.Maker.ID, team, k.Command.Amount.Currency(), units, k.Command.Reason, t.Now)
	if err != nil {
		return engine.MapError(op, err)
	}
	for _, d := range k.Ties(action.TieDevice) {
		if _, err := t.SQL.ExecContext(ctx, "INSERT INTO goodwill_device (device, act_id, at) VALUES ($1, $2, $3)", d, k.ID, t.Now); err != nil {
			return engine.MapError(op, err)
		}
	}
	return nil
}

// stillGiven judges a gift once more in the moment before it leaves: bounds may have been
// drawn closer. Errors: Forbidden, with why not as its reason.
func stillGiven(ctx context.Context, t *core.Tx, k action.Kept, r *action.Ready) error {
	const op = "actions.stillGiven"
	var kept int
	if err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM goodwill WHERE act_id = $1", k.ID).Scan(&kept); err != nil {
		return engine.MapError(op, err)
	}
	v, _, err := judged(ctx, t.SQL, k, clock.FromMicros(t.Now))
	if err != nil {
		return err
	}
	if kept == 0 {
		v.Why = goodwill.HouseFull // nothing was set aside for it
	}
	if v.Why != "" {
		return &fault.Error{Code: fault.Forbidden, Op: op, Field: "act", Reason: v.Why, Message: "the house does not give this any more"}
	}
	r.Verdict.FourEyes = r.Verdict.FourEyes || v.FourEyes
	return nil
}

// counts has the budgets follow what becomes of a gift: what was not given counts no more.
func counts(ctx context.Context, t *core.Tx, k action.Kept) error {
	if !k.Command.Act.OfHouse() || !k.State.Over() {
		return nil
	}
	if k.State == action.Succeeded {
		_, err := t.SQL.ExecContext(ctx, "UPDATE goodwill SET given = $1 WHERE act_id = $2 AND given = 0", t.Now, k.ID)
		return engine.MapError("actions.counts", err)
	}
	for _, table := range []string{"goodwill_device", "goodwill"} {
		if _, err := t.SQL.ExecContext(ctx, "DELETE FROM "+table+" WHERE act_id = $1", k.ID); err != nil {
			return engine.MapError("actions.counts", err)
		}
	}
	return nil
}

// agrees notes who agreed to a gift as the second person. Errors: Forbidden for who would be
// given it.
func agrees(ctx context.Context, t *core.Tx, k action.Kept, by identity.Principal) error {
	const op = "actions.agrees"
	if !k.Command.Act.OfHouse() {
		return nil
	}
	own, err := isOwn(ctx, t.SQL, by.ID, k)
	if err != nil {
		return err
	}
	if own {
		return &fault.Error{Code: fault.Forbidden, Op: op, Field: "act", Reason: goodwill.OwnAccount, Message: "it is their own account"}
	}
	_, err = t.SQL.ExecContext(ctx, "UPDATE goodwill SET approver_id = $1 WHERE act_id = $2", by.ID, k.ID)
	return engine.MapError(op, err)
}

// How long gifts and the devices of their customers are kept.
const (
	keepGifts   = 800 * 24 * time.Hour
	keepDevices = 90 * 24 * time.Hour
)

// purgeGifts removes what is older.
func purgeGifts(ctx context.Context, t *core.Tx) error {
	_, err := t.SQL.ExecContext(ctx, "DELETE FROM goodwill_device WHERE at < $1", t.Now-keepDevices.Microseconds())
	if err == nil {
		_, err = t.SQL.ExecContext(ctx, "DELETE FROM goodwill WHERE at < $1 AND given > 0", t.Now-keepGifts.Microseconds())
	}
	return engine.MapError("actions.purgeGifts", err)
}

// GoodwillFor are the house's rules and what counts already for a gift that is thought of:
// its customer, conversation, maker, ties and the currency of its amount. Errors: Forbidden
// for who gives nothing there.
func (a *Acts) GoodwillFor(ctx context.Context, p identity.Principal, k action.Kept) (goodwill.HouseRules, goodwill.Sums, error) {
	const op = "actions.GoodwillFor"
	o := policy.Object{CustomerID: k.CustomerID}
	if !policy.Allow(p, policy.RunActs, o) {
		var err error
		if o, err = reach.Of(ctx, a.core.DB.Reader, k.ConversationID, k.CustomerID); err != nil {
			return goodwill.HouseRules{}, goodwill.Sums{}, err
		}
		if !policy.Allow(p, policy.GiveGoodwill, o) {
			return goodwill.HouseRules{}, goodwill.Sums{}, fault.New(fault.Forbidden, op, "%s %s gives nothing here", p.Kind, p.Role)
		}
	}
	now := a.core.Now()
	rules, month, err := rulesOf(ctx, a.core.DB.Reader, now)
	if err != nil {
		return rules, goodwill.Sums{}, err
	}
	team, err := teamOf(ctx, a.core.DB.Reader, k.Maker.ID)
	if err != nil {
		return rules, goodwill.Sums{}, err
	}
	s, err := sums(ctx, a.core.DB.Reader, k, team, now, month)
	return rules, s, err
}

// maxGifts bounds a page of gifts.
const maxGifts = 100

// GoodwillBook is what was given of the month's budgets, and the newest gifts before one; of
// one customer, where one is named. That staff look is recorded. Errors: Forbidden; NotFound
// for an id that is none.
func (a *Acts) GoodwillBook(ctx context.Context, p identity.Principal, customer, before string, limit int) (goodwill.Book, error) {
	const op = "actions.GoodwillBook"
	var b goodwill.Book
	if !policy.Allow(p, policy.ReadGoodwill, policy.Object{}) {
		return b, fault.New(fault.Forbidden, op, "%s %s does not see what is given", p.Kind, p.Role)
	}
	if (customer != "" && !engine.ValidKey(customer)) || (before != "" && !engine.ValidKey(before)) {
		return b, fault.New(fault.NotFound, op, "nothing has an id of that form")
	}
	db := a.core.DB.Reader
	_, month, err := rulesOf(ctx, db, a.core.Now())
	if err != nil {
		return b, err
	}
	b.Since = clock.Micros(month)
	rows, err := db.QueryContext(ctx, "SELECT currency, team, CAST(SUM(units) AS BIGINT), COUNT(*) FROM goodwill WHERE at >= $1 GROUP BY currency, team ORDER BY currency, team", b.Since)
	if err != nil {
		return b, engine.MapError(op, err)
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var u goodwill.Used
		err := r.Scan(&u.Currency, &u.Team, &u.Units, &u.Gifts)
		b.Used = append(b.Used, u)
		return err
	})
	if err != nil {
		return b, engine.MapError(op, err)
	}
	rows, err = db.QueryContext(ctx, `SELECT act_id, conversation_id, customer_id, staff_id, team, currency, units, reason, approver_id, at, given FROM goodwill
		WHERE ($1 = '' OR customer_id = $1) AND ($2 = '' OR (at, act_id) < (SELECT at, act_id FROM goodwill WHERE act_id = $2)) ORDER BY at DESC, act_id DESC LIMIT $3`, customer, before, min(max(limit, 1), maxGifts))
	if err != nil {
		return b, engine.MapError(op, err)
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var g goodwill.Gift
		err := r.Scan(&g.Act, &g.Conversation, &g.Customer, &g.Staff, &g.Team, &g.Currency, &g.Units, &g.Reason, &g.Approver, &g.At, &g.Given)
		b.Gifts = append(b.Gifts, g)
		return err
	})
	if err != nil {
		return b, engine.MapError(op, err)
	}
	return b, a.noted(ctx, p, "goodwill.read", "goodwill", customer)
}
