package selfservice

import (
	"strings"

	"kefu/internal/domain/action"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
)

// pair is a word in both languages of stories.
type pair struct{ en, zh string }

func (p pair) in(lang string) string { return words(lang, p.en, p.zh) }

// told is an act as staff read it: what was asked of the wallet, how much, and how far
// it got. Ids and hashes say nothing to a person, and look like secrets to the guard.
func told(a *selfservice.ActFact, lang string) string {
	acts := map[wallet.Act]pair{
		wallet.Freeze: {"Freeze the wallet", "冻结钱包"}, wallet.Unfreeze: {"Unfreeze the wallet", "解冻钱包"},
		wallet.RequestRefund: {"Refund", "退款"}, wallet.CancelRefund: {"Take a refund request back", "撤回退款申请"},
		wallet.OpenDispute: {"Dispute a payment", "对付款提出异议"}, wallet.AddEvidence: {"Add evidence to a dispute", "补充异议证据"},
		wallet.GrantCredit: {"Provisional credit", "临时垫付"}, wallet.ReleaseHold: {"Release a held payment", "放行被冻结的付款"},
		wallet.Recall: {"Recall a transfer", "请对方退回转账"}, wallet.BlockInstrument: {"Block a card", "停用银行卡"},
		wallet.RevokeSessions: {"Sign out every device", "退出所有设备"}, wallet.RevokeDevice: {"Remove a device", "移除设备"},
		wallet.NotifyCustomer: {"Message in the wallet", "钱包内通知"}, wallet.RequestInspection: {"Ask where a payment is", "查询款项去向"},
	}
	states := map[action.State]pair{
		action.Proposed: {"shown, not agreed to", "已展示，未确认"}, action.Confirmed: {"agreed to, not carried out", "已确认，未执行"},
		action.Waiting: {"waits for a second person", "等待复核"}, action.Approved: {"approved by a second person", "已复核"},
		action.Planned: {"under way", "处理中"}, action.Sent: {"under way", "处理中"}, action.Succeeded: {"done", "已完成"},
		action.Failed: {"not done", "未执行"}, action.Unknown: {"not confirmed yet", "结果待确认"},
		action.Rejected: {"refused by a second person", "复核未通过"}, action.Cancelled: {"taken back", "已撤回"}, action.Expired: {"lapsed", "已过期"},
	}
	parts := []string{acts[wallet.Act(a.Act)].in(lang), money(a.Amount), states[action.State(a.State)].in(lang), strings.ReplaceAll(a.Refusal, "_", " ")}
	kept := parts[:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, " · ")
}

// reason is why a run came to a person; "" where the flow's title says it.
func reason(code, lang string) string {
	return map[string]pair{
		"asked_for_person": {"The customer asked for one", "客户要求人工服务"},
		"too_long":         {"It took too many steps", "步骤过多"},
		"failed":           {"It was not done in the wallet", "钱包没有执行"},
		"refused":          {"The wallet did not allow it", "钱包不允许"},
		"unavailable":      {"The wallet did not answer", "钱包没有响应"},
		"late_payment":     {"A week without a result", "一周没有结果"},
		"not_mine":         {"The customer did not make the payment", "客户称不是本人付款"},
		"wrong_payee":      {"It went to the wrong person", "转错了收款人"},
		"refund_refused":   {"The refund was refused", "退款被拒绝"},
		"refund_proof":     {"The refund needs something to be seen", "退款需要材料"},
		"not_proven":       {"It was not confirmed that it is the customer", "未能确认是客户本人"},
		"not_stopped":      {"Payments could not be stopped", "付款未能停止"},
		"refund_abnormal":  {"The refund needs another way", "退款需要换一种方式"},
	}[code].in(lang)
}
