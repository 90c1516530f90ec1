package story

import (
	"slices"
	"strconv"
	"strings"

	"kefu/internal/domain/action"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/points"
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
		wallet.RevokeSessions: {"Sign out every device", "退出所有设备"}, wallet.RevokeDevice: {"Remove a device", "移除设备"}, wallet.StopRecovery: {"Stop a recovery of access", "终止找回账户的申请"},
		wallet.SetDefault: {"Change the default card", "更改默认付款方式"}, wallet.RemoveInstrument: {"Remove a card", "移除银行卡"},
		wallet.CancelMandate: {"End an automatic payment", "解除自动扣款"}, wallet.RequestRetrieval: {"Bring back a crypto transfer", "找回加密货币转账"},
		wallet.Withdraw: {"Pay money out", "提现"}, wallet.Close: {"Close the account", "注销账户"}, wallet.KeepOpen: {"Keep the account", "取消注销"},
		wallet.ClaimPoints: {"Claim missing points", "申诉缺失积分"}, wallet.RedeemPoints: {"Redeem points", "兑换积分"}, wallet.GiveGoodwill: {"Goodwill", "关怀补偿"},
		wallet.GiveConsent: {"Give a consent", "同意授权"}, wallet.WithdrawConsent: {"Withdraw a consent", "撤回授权"},
		wallet.NotifyCustomer: {"Message in the wallet", "钱包内通知"}, wallet.RequestInspection: {"Ask where a payment is", "查询款项去向"},
	}
	states := map[action.State]pair{
		action.Proposed: {"shown, not agreed to", "已展示，未确认"}, action.Confirmed: {"agreed to, not carried out", "已确认，未执行"},
		action.Waiting: {"waits for a second person", "等待复核"}, action.Approved: {"approved by a second person", "已复核"},
		action.Planned: {"under way", "处理中"}, action.Sent: {"under way", "处理中"}, action.Succeeded: {"done", "已完成"},
		action.Failed: {"not done", "未执行"}, action.Unknown: {"not confirmed yet", "结果待确认"},
		action.Rejected: {"refused by a second person", "复核未通过"}, action.Cancelled: {"taken back", "已撤回"}, action.Expired: {"lapsed", "已过期"},
	}
	parts := []string{acts[wallet.Act(a.Act)].in(lang), sum(a, lang), states[action.State(a.State)].in(lang), refused(a.Refusal, lang)}
	kept := parts[:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, " · ")
}

// sum is how much an act is about; points are counted, and no currency.
func sum(a *selfservice.ActFact, lang string) string {
	if wallet.Act(a.Act) == wallet.RedeemPoints && !a.Amount.None() {
		return a.Amount.Amount() + " " + points.Word(lang)
	}
	return money(a.Amount)
}

// reason is why a run came to a person; "" where the flow's title says it.
func reason(code, lang string) string {
	return map[string]pair{
		"asked_for_person": {"The customer asked for one", "客户要求人工服务"},
		"too_long":         {"It took too many steps", "步骤过多"},
		"failed":           {"It was not done in the wallet", "钱包没有执行"},
		"refused":          {"The wallet did not allow it", "钱包不允许"},
		"unavailable":      {"The wallet did not answer", "钱包没有响应"},
		"not_taken":        {"The wallet takes no files at present", "钱包目前无法接收文件"},
		"late_payment":     {"A week without a result", "一周没有结果"},
		"not_mine":         {"The customer did not make the payment", "客户称不是本人付款"},
		"wrong_payee":      {"It went to the wrong person", "转错了收款人"},
		"refund_refused":   {"The refund was refused", "退款被拒绝"},
		"refund_proof":     {"The refund needs something to be seen", "退款需要材料"},
		"not_proven":       {"It was not confirmed that it is the customer", "未能确认是客户本人"},
		"not_stopped":      {"Payments could not be stopped", "付款未能停止"},
		"hacked":           {"Somebody else may be in the account", "账户可能被他人进入"},
		"phrase":           {"A recovery phrase of their own", "自己保管的助记词"},
		"first_steps":      {"Help with first steps", "新手协助"},
		"choosing":         {"Help with choosing a plan", "咨询选择方案"},
		"impostor":         {"Somebody poses as us", "有人冒充我们"},
		"security":         {"A question about security", "安全问题咨询"},
		"lost_device":      {"A phone or card is gone", "手机或银行卡丢失"},
		"locked_out":       {"The customer cannot prove who they are", "客户无法验证身份"},
		"number_taken":     {"The number may have been taken over", "号码可能被他人补办"},
		"business_access":  {"Nobody can sign in for the business", "企业账户无人能登录"},
		"minor":            {"The account is of somebody under age", "未成年人账户"},
		"bereavement":      {"The owner of the account has died", "账户本人已去世"},
		"recovery_stopped": {"The recovery was stopped from the account's own addresses", "找回申请被账户自己的联系方式终止"},
		"document_refused": {"The document did not prove it", "证件审核未通过"},
		"wrong_amount":     {"The amount is wrong", "金额不对"},
		"payment_held":     {"The payment does not go on", "付款未能继续"},
		"no_payment":       {"The payment is not in the list", "列表中没有这笔付款"},
		"frozen":           {"The wallet is restricted", "钱包受限"},
		"not_them":         {"The customer says that it was not them", "客户称不是本人操作"},
		"appeal":           {"The customer does not agree with it", "客户提出申诉"},
		"not_lifted":       {"It could not be lifted", "未能解除"},
		"card_tries":       {"The card could not be verified", "银行卡验证次数用尽"},
		"card_not_added":   {"No card could be added", "未能添加银行卡"},
		"card_stays":       {"The wallet did not change the card", "钱包未能变更银行卡"},
		"not_retrievable":  {"The transfer cannot be brought back", "转账无法找回"},
		"retrieval_unsure": {"Nobody has said whether it can be brought back", "能否找回尚不清楚"},
		"not_brought_back": {"The transfer was not brought back", "转账未能找回"},
		"not_traced":       {"It is not confirmed that the wallet looks for the transfer", "尚未确认钱包已开始查找转账"},
		"data_copy":        {"A copy of the data kept", "索取个人信息副本"},
		"data_correct":     {"Something that is kept is wrong", "更正个人信息"},
		"data_erase":       {"The data kept is to be erased", "要求删除个人信息"},
		"data_restrict":    {"The data is to be kept and not used", "要求限制处理个人信息"},
		"data_object":      {"Objects to what was decided without a person", "不认同自动作出的决定"},
		"data_explain":     {"Wants to know how something was decided", "要求说明决定的理由"},
		"data_other":       {"Asks about somebody else's data", "询问他人的个人信息"},
		"privacy":          {"A question about privacy", "隐私问题咨询"},
		"refund_abnormal":  {"The refund needs another way", "退款需要换一种方式"},
	}[code].in(lang)
}

// spelled is a code in words, where there are no better ones.
func spelled(code string) string { return strings.ReplaceAll(code, "_", " ") }

// word is a code in the words of a list, or spelled out.
func word(of map[string]pair, code, lang string) string {
	if p, known := of[code]; known {
		return p.in(lang)
	}
	return spelled(code)
}

// everyWord is word for each of some codes.
func everyWord(of map[string]pair, codes []string, lang string) string {
	all := make([]string, len(codes))
	for i, code := range codes {
		all[i] = word(of, code, lang)
	}
	return strings.Join(all, words(lang, ", ", "、"))
}

// wheres are where money is, by the keys of the sentences of failure codes.
func wheres() map[string]pair {
	return map[string]pair{
		"not_taken": {"nothing taken", "未扣款"}, "unfinished": {"not finished", "尚未完成"}, "unfinished_long": {"not finished, longer than usual", "尚未完成，用时较长"}, "on_hold": {"set aside", "预扣中"}, "on_hold_until": {"set aside", "预扣中"},
		"underway": {"on its way", "在途"}, "underway_by": {"on its way", "在途"}, "late": {"late", "逾期未到"}, "arrived": {"arrived", "已到账"},
		"coming_back": {"coming back", "退回中"}, "coming_back_by": {"coming back", "退回中"}, "came_back": {"came back", "已退回"}, "unknown": {"outcome not known", "结果待确认"},
	}
}

// wheresIn are the same of money that comes in, where they differ.
func wheresIn() map[string]pair {
	all := wheres()
	all["not_taken"] = pair{"nothing came in", "未入账"}
	all["coming_back"], all["coming_back_by"] = pair{"goes back to the sender", "退回付款方中"}, pair{"goes back to the sender", "退回付款方中"}
	all["came_back"] = pair{"went back to the sender", "已退回付款方"}
	return all
}

// whereWord is where the money of a payment is.
func whereWord(p *selfservice.PaymentFact, lang string) string {
	if p.Direction == string(wallet.In) {
		return words(lang, "incoming, ", "转入，") + word(wheresIn(), p.Where, lang)
	}
	return word(wheres(), p.Where, lang)
}

// refundStates are the states of a refund.
func refundStates() map[string]pair {
	return map[string]pair{
		string(wallet.RefundRequested): {"asked for", "已申请"}, string(wallet.RefundApproved): {"agreed", "已同意"}, string(wallet.RefundSubmitted): {"sent", "已提交"},
		string(wallet.RefundProcessing): {"on its way", "在途"}, string(wallet.RefundSucceeded): {"arrived", "已到账"}, string(wallet.RefundFailed): {"failed", "失败"},
		string(wallet.RefundAbnormal): {"needs another way", "需换方式"}, string(wallet.RefundCancelled): {"taken back", "已撤回"},
	}
}

// disputeStates are the states of a dispute.
func disputeStates() map[string]pair {
	return map[string]pair{
		string(wallet.DisputeOpen): {"open", "已提交"}, string(wallet.DisputeNeeds): {"needs evidence", "需补充材料"}, string(wallet.DisputeReview): {"being looked at", "审核中"},
		string(wallet.DisputeWon): {"decided for the customer", "支持客户"}, string(wallet.DisputeLost): {"decided against the customer", "未支持客户"}, string(wallet.DisputeGivenUp): {"taken back", "已撤回"},
	}
}

// claims are what a customer says of a payment that they dispute.
func claims() map[string]pair {
	return map[string]pair{
		string(wallet.ClaimUnauthorised): {"not theirs", "非本人付款"}, string(wallet.ClaimScam): {"tricked into it", "被骗付款"},
		string(wallet.ClaimMerchant): {"not as agreed with the shop", "商户未兑现"}, string(wallet.ClaimProcessing): {"wrong sum, or twice", "金额错误或重复扣款"},
	}
}

// termsWords are the codes of refund terms: what speaks against one, and what has to be
// shown.
func termsWords() map[string]pair {
	return map[string]pair{
		"too_old": {"the time to ask is over", "已过申请期限"}, "nothing_left": {"all of it is back", "已全部退回"}, "refund_open": {"a refund is under way", "已有退款处理中"},
		"disputed": {"it is disputed", "付款有争议"}, "not_a_purchase": {"no purchase", "不是消费"}, "not_a_payment": {"no purchase", "不是消费"},
		"receipt": {"receipt", "收据"}, "photo": {"photo", "照片"}, "tracking": {"shipment number", "物流单号"}, "correspondence": {"letters with the shop", "与商户的沟通记录"},
		"police_report": {"police report", "报案回执"}, "order_confirmation": {"confirmation of the order", "订单确认"}, "proof_of_return": {"proof of return", "退货凭证"},
	}
}

// kinds of instruments' and devices' states.
func holdings() map[string]pair {
	return map[string]pair{
		"active": {"active", "正常"}, "blocked": {"blocked", "已停用"}, "expired": {"expired", "已过期"}, "removed": {"removed", "已移除"}, "pending": {"not confirmed yet", "待确认"},
		"trusted": {"trusted", "受信任"}, "new": {"new", "新设备"}, "revoked": {"removed", "已移除"},
	}
}

// refused is why the wallet or Kefu's own policy does not do something; "" for nothing.
func refused(code, lang string) string {
	if code == "" {
		return ""
	}
	return word(refusals(), code, lang)
}

// refusals are the wallet's, and those of the policy that a new house begins with.
func refusals() map[string]pair {
	return map[string]pair{
		string(wallet.FileMissing): {"a file is missing", "缺少文件"}, string(wallet.FileRefused): {"a file was not taken", "文件未被接受"},
		string(wallet.NotEligible): {"not possible for this", "不符合条件"}, string(wallet.StateChanged): {"it has changed meanwhile", "状态已变化"},
		string(wallet.AmountTooHigh): {"more than is left", "超过可退金额"}, string(wallet.AlreadyDone): {"it is done already", "已经办理过"},
		string(wallet.StepUpRequired): {"a proof is missing", "缺少身份验证"}, string(wallet.ApprovalRequired): {"a second person has to agree", "需要第二人复核"},
		string(wallet.LimitReached): {"a limit of the wallet", "达到钱包限额"}, string(wallet.BlockedByWallet): {"the wallet does not allow it", "钱包不允许"},
		string(wallet.NotSupported): {"this wallet cannot do that", "这个钱包不支持"}, string(wallet.FactorTooYoung): {"the sign-in was changed a short while ago", "登录方式刚变更"},
		string(wallet.DestinationClosed): {"the way back is closed", "原路已关闭"}, action.NoRule: {"no rule allows it", "没有规则允许"},
		"too_many": {"too many on one day", "当天次数过多"}, "held_by_authority": {"an authority holds it", "由主管机关冻结"}, "disputed": {"it is disputed", "付款有争议"},
		"cannot_be_judged": {"the policy could not be worked out", "规则无法判断"},
	}
}

// stopsSaid is what is stopped as staff read it: as much as the customer was told.
func stopsSaid(f *selfservice.StopsFact, lang string) string {
	var lines []string
	for _, one := range f.Items {
		lines = append(lines, stopSaid(one, lang))
	}
	return strings.Join(lines, "\n")
}

func stopSaid(s selfservice.StopLine, lang string) string {
	what := map[string]pair{
		"debit": {"nothing can leave", "不能支出"}, "credit": {"nothing can come in", "不能收款"}, "all": {"nothing can move", "不能收支"},
	}[s.Stops].in(lang)
	who := map[string]pair{
		"customer": {"set by the customer", "客户自己设置"}, "support": {"set by our team", "客服设置"}, "wallet": {"set by the wallet", "钱包设置"}, "authority": {"asked for by an authority", "应有关机关要求"},
	}[s.PlacedBy].in(lang)
	why := map[string]pair{
		"customer_reports_fraud": {"because of a fraud", "因遭遇诈骗"}, "lost_phone": {"because of a lost phone", "因手机丢失"}, "verify_identity": {"until it is known who they are", "待核实身份"},
		"unusual_activity": {"because of unusual payments", "因付款异常"}, "court_order": {"by an order of a court", "依法院命令"},
	}[s.Why].in(lang) // of another one the wallet's own words say it, beside the story
	parts := []string{what, who, why}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " · ")
}

// safetySaid is who can get at a wallet as staff read it: as much as the customer was told.
func safetySaid(f *selfservice.SafetyFact, lang string) string {
	var lines []string
	for _, proof := range selfservice.Proofs() {
		if at := f.Changes[proof]; at != 0 {
			lines = append(lines, word(proofWords(), proof, lang)+words(lang, " changed ", "更改于 ")+at.Std().UTC().Format("2006-01-02 15:04 UTC"))
		}
	}
	for _, c := range []struct {
		count int64
		pair
	}{{f.Devices, pair{"devices", "台设备"}}, {f.SignedIn, pair{"signed in", "处已登录"}}, {f.Refused, pair{"sign-ins refused in a week", "次登录在一周内被拒绝"}}} {
		if c.count >= 0 {
			lines = append(lines, strconv.FormatInt(c.count, 10)+" "+c.in(lang))
		}
	}
	return strings.Join(lines, " · ")
}

// proofWords are what proves a customer.
func proofWords() map[string]pair {
	return map[string]pair{
		"passkey": {"passkey", "通行密钥"}, "app_push": {"confirmation in the app", "App 内确认"}, "totp": {"app that shows codes", "动态验证码应用"},
		"sms": {"phone number for codes", "接收验证码的手机号"}, "email": {"mail address for codes", "接收验证码的邮箱"}, "password": {"password", "密码"},
		"recovery_code": {"recovery codes", "恢复码"}, "document": {"identity document", "身份证件"},
	}
}
