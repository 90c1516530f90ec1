// Package firststeps is what flows may ask about how far a customer has got with their wallet:
// whether it knows who they are, what proves them, whether they can be reached and can pay in,
// and whether they have a phrase of their own. Each step is told from what the wallet or the
// house has, never from what was opened or read here; what nobody tells is called that, and
// neither done nor missing.
package firststeps

import (
	"context"
	"slices"
	"strconv"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/vouch"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// Part of the wallet.
type (
	customers interface {
		Customer(ctx context.Context, by wallet.Actor, id string) (wallet.Customer, error)
	}
	proving interface {
		Factors(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Factor, error)
	}
	guarding interface {
		Devices(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Device, error)
	}
	paying interface {
		Instruments(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Instrument, error)
	}
	moving interface {
		Transactions(ctx context.Context, by wallet.Actor, q wallet.Query) (wallet.Page, error)
	}
	capable interface {
		Capabilities(ctx context.Context) (wallet.Capabilities, error)
	}
)

// Deps are what the reads stand on beside the wallet.
type Deps struct {
	// Phrase is a customer's own phrase, for themselves; nil: there are none. Errors: Forbidden.
	Phrase func(ctx context.Context, p identity.Principal) (vouch.Phrase, error)
}

const (
	lookBack  = 400 * 24 * time.Hour
	mostPages = 3
)

// How a step stands, beside words of its own.
const (
	done   = "done"
	none   = "none"
	untold = "untold"
)

// Reads gives the reads.
func Reads(d Deps) []reads.Read {
	word := sheet.IsWord
	return []reads.Read{{
		Read: selfservice.Read{
			Name: "first_steps",
			Has: sheet.Declared{
				Facts: map[string]sheet.Kind{
					"known": word, "proof": word, "reach": word, "pay": word, "money": word, "phrase": word, "devices": sheet.IsCount, "left": sheet.IsCount, "untold": sheet.IsCount,
				},
				Figures: map[string]sheet.Named{"done": {Shape: sheet.OfText, Always: true}, "all": {Shape: sheet.OfText, Always: true}},
			},
		},
		Sheet: d.steps,
	}, certificate(), alerts()}
}

// step is one of them.
type step struct {
	fact  string
	state string
	row   sheet.Row
}

// steps tells how far a customer has got. Errors: Unavailable where nothing is told at all.
func (d Deps) steps(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	links := screens(ctx, a)
	who, err := reads.Ask(ctx, a, wallet.ReadCustomer, customers.Customer)
	if err != nil && !fault.Is(err, fault.Unavailable) && !fault.Is(err, fault.NotFound) {
		return sheet.Sheet{}, err
	}
	told := err == nil
	all := []step{known(who, told, links), proof(ctx, a, links), reach(who, told, links), pay(ctx, a), money(ctx, a, who, told, links), d.phrase(ctx, a)}
	s := sheet.Sheet{Facts: map[string]sheet.Fact{}}
	var rows []sheet.Row
	finished, untolds := 0, 0
	for _, one := range all {
		s.Facts[one.fact] = sheet.Code(one.state)
		switch one.state {
		case done:
			finished++
			one.row = one.row.In(sheet.Good)
		case untold:
			untolds++
		case "pending": // somebody else is at it
		default:
			one.row = one.row.In(sheet.Warning)
		}
		rows = append(rows, one.row)
	}
	if untolds == len(all) {
		return sheet.Sheet{}, fault.New(fault.Unavailable, "firststeps.steps", "nobody tells how far the customer is")
	}
	devices, row := owned(ctx, a)
	rows = append(rows, row...)
	s.Facts["devices"], s.Facts["left"], s.Facts["untold"] = sheet.Many(devices), sheet.Many(int64(len(all)-finished-untolds)), sheet.Many(int64(untolds))
	s.Named = map[string]sheet.Figure{"done": sheet.Text(strconv.Itoa(finished)), "all": sheet.Text(strconv.Itoa(len(all)))}
	heading := sheet.Say("Your first steps", "新手步骤")
	s.Add(&heading, rows...)
	return s, nil
}

// screens are those of the wallet's own app that it names.
func screens(ctx context.Context, a reads.Asked) map[string]string {
	from, says := a.Wallet.Of().(capable)
	if !says {
		return nil
	}
	able, err := from.Capabilities(ctx)
	if err != nil {
		return nil
	}
	return able.Links
}

// notTold is how a step is shown of which nobody tells anything.
func notTold() sheet.Cell { return sheet.Say("The wallet does not tell", "钱包未提供").Status() }

// known is whether the wallet knows who somebody is.
func known(who wallet.Customer, told bool, links map[string]string) step {
	name := sheet.Say("Confirm who you are", "完成身份认证")
	status := who.KYC.Status
	if !told || status == "" {
		return step{"known", untold, sheet.Line(name, notTold())}
	}
	said := map[string]sheet.Sentence{
		"approved": sheet.Say("Done", "已完成"), "pending": sheet.Say("Being looked at", "审核中"), "expired": sheet.Say("Has to be renewed", "已过期，需更新"),
		"rejected": sheet.Say("Was not accepted", "未通过"),
	}
	value, there := said[status]
	if !there {
		value = sheet.Say("Not yet", "未完成")
	}
	row := sheet.Line(name, value.Status())
	if status == "approved" {
		return step{"known", done, row}
	}
	if status != "pending" {
		row.Link = links["documents"]
	}
	return step{"known", status, row}
}

// proof is whether more than messages proves who somebody is.
func proof(ctx context.Context, a reads.Asked, links map[string]string) step {
	name := sheet.Say("Passkey, or confirmation in the app", "通行密钥或 App 内确认")
	all, err := reads.Ask(ctx, a, wallet.ReadFactors, proving.Factors)
	switch {
	case err != nil:
		return step{"proof", untold, sheet.Line(name, notTold())}
	case slices.ContainsFunc(all, wallet.Factor.Strong):
		return step{"proof", done, sheet.Line(name, sheet.Say("Set up", "已设置").Status())}
	}
	row := sheet.Line(name, sheet.Say("Not yet", "未设置").Status())
	row.Link = links["security"]
	if slices.ContainsFunc(all, func(f wallet.Factor) bool { return f.State == "active" }) {
		return step{"proof", "weak", row.Noted(sheet.Say("Codes by message alone can be read by whoever takes over your number.", "仅靠短信验证码，别人控制了您的号码就能看到。"))}
	}
	return step{"proof", none, row}
}

// reach is whether alerts reach somebody where the wallet knows that they are.
func reach(who wallet.Customer, told bool, links map[string]string) step {
	name := sheet.Say("Alerts reach you", "能收到安全提醒")
	var has, sure bool
	for _, h := range who.Handles {
		if h.Kind == wallet.HandleEmail || h.Kind == wallet.HandlePhone {
			has, sure = true, sure || h.VerifiedAt != 0
		}
	}
	switch {
	case !told || !has:
		return step{"reach", untold, sheet.Line(name, notTold())}
	case sure:
		return step{"reach", done, sheet.Line(name, sheet.Say("At a confirmed number or address", "号码或邮箱已确认").Status())}
	}
	row := sheet.Line(name, sheet.Say("Not confirmed yet", "号码或邮箱未确认").Status())
	row.Link = links["security"]
	return step{"reach", none, row}
}

// pay is whether there is a card or account to pay in with.
func pay(ctx context.Context, a reads.Asked) step {
	name := sheet.Say("A card or bank account", "银行卡或银行账户")
	all, err := reads.Ask(ctx, a, wallet.ReadInstruments, paying.Instruments)
	switch {
	case err != nil:
		return step{"pay", untold, sheet.Line(name, notTold())}
	case slices.ContainsFunc(all, func(i wallet.Instrument) bool {
		return i.Status == "active" && i.Type != "network_token" && i.Verification != "failed" && i.Verification != "exhausted"
	}):
		return step{"pay", done, sheet.Line(name, sheet.Say("Added", "已添加").Status())}
	default:
		return step{"pay", none, sheet.Line(name, sheet.Say("None that can be used", "没有可用的").Status())}
	}
}

// money is whether money has ever come in. Of somebody who was here before what was looked
// through, or of whom nobody tells since when they are, nobody knows that none did.
func money(ctx context.Context, a reads.Asked, who wallet.Customer, told bool, links map[string]string) step {
	name := sheet.Say("First money in the wallet", "首次充值")
	young := told && who.CreatedAt > since(a)
	at, seen, err := came(ctx, a)
	switch {
	case err != nil || (at == 0 && !seen):
		return step{"money", untold, sheet.Line(name, notTold())}
	case at == 0 && !young:
		return step{"money", untold, sheet.Line(name, sheet.Say("None for more than a year", "一年多没有充值").Status())}
	case at != 0 && !young: // there may have been some before
		return step{"money", done, sheet.Line(name, sheet.Say("Money has come in", "已有资金到账").Status())}
	case at != 0:
		return step{"money", done, sheet.Line(name, sheet.Say("Came in on {at}", "{at} 已到账").With("at", sheet.Day(at)).Status())}
	}
	row := sheet.Line(name, sheet.Say("Not yet", "尚未充值").Status())
	row.Link = links["top_up"]
	return step{"money", none, row}
}

// since is from when on payments are looked through.
func since(a reads.Asked) wallet.Time { return a.Now - wallet.Time(lookBack.Microseconds()) }

// came is when money came in first, as far as was looked back; whole tells whether all of it
// was looked through.
func came(ctx context.Context, a reads.Asked) (first wallet.Time, whole bool, err error) {
	type found struct {
		at    wallet.Time
		whole bool
	}
	got, err := reads.Ask(ctx, a, wallet.ReadTransactions, func(w moving, ctx context.Context, by wallet.Actor, customer string) (found, error) {
		q := wallet.Query{CustomerID: customer, From: since(a), Limit: wallet.MaxPage}
		var f found
		for range mostPages {
			page, err := w.Transactions(ctx, by, q)
			if err != nil {
				return f, err
			}
			for _, t := range page.Items {
				arrived := t.Kind == wallet.KindTopUp || t.Direction == wallet.In
				if arrived && (t.State == wallet.Posted || t.State == wallet.PartiallyRefunded) && (f.at == 0 || t.CreatedAt < f.at) {
					f.at = t.CreatedAt
				}
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				f.whole = true
				return f, nil
			}
		}
		return f, nil
	})
	return got.at, got.whole, err
}

// phrase is whether somebody has a phrase of their own. Staff are not told: they see one only
// where they contact its customer, who is told so.
func (d Deps) phrase(ctx context.Context, a reads.Asked) step {
	name := sheet.Say("A phrase of your own, by which you know us", "您的暗语，用来确认是我们")
	if d.Phrase == nil || a.Who.Kind != identity.Customer {
		return step{"phrase", untold, sheet.Line(name, sheet.Say("Only you see that", "仅本人可见").Status())}
	}
	has, err := d.Phrase(ctx, a.Who)
	switch {
	case err != nil:
		return step{"phrase", untold, sheet.Line(name, sheet.Say("It cannot be looked up at present", "暂时无法查看").Status())}
	case has.Text != "":
		return step{"phrase", done, sheet.Line(name, sheet.Say("Chosen", "已设置").Status())}
	default:
		return step{"phrase", none, sheet.Line(name, sheet.Say("Not yet", "未设置").Status())}
	}
}

// owned is how many devices can use the wallet: nothing to do, and something to know.
func owned(ctx context.Context, a reads.Asked) (int64, []sheet.Row) {
	all, err := reads.Ask(ctx, a, wallet.ReadDevices, guarding.Devices)
	if err != nil {
		return 0, nil
	}
	n := int64(0)
	for _, d := range all {
		if d.Trust != "revoked" {
			n++
		}
	}
	return n, []sheet.Row{sheet.Line(sheet.Say("Devices that can use your wallet", "可以使用钱包的设备"), sheet.Number(n).Cell())}
}
