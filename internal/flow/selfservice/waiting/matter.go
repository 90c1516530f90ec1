package waiting

import (
	"kefu/internal/domain/cases"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/form"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/casework"
	"kefu/internal/flow/routing"
	"kefu/internal/flow/selfservice/reads"
)

// ofCase is a case as its customer may know of it: what comes next, by when, and what is
// needed from them.
func (d Deps) ofCase(f casework.Seen, a reads.Asked) matter {
	title := form.Texts{"en": d.Title(f.Type, "en"), "zh": d.Title(f.Type, "zh")}
	m := matter{
		id: f.ID, kind: "case", name: sheet.Sentence{Text: title}, since: wallet.Time(f.NoticedAt), by: wallet.Time(f.Outlook.By), late: f.Outlook.Late,
		mine: f.Outlook.Next == cases.NextYourTurn, next: string(f.Outlook.Next), reference: f.Reference,
	}
	m.state = map[cases.Next]sheet.Sentence{
		cases.NextConfirm: sheet.Say("Received", "已收到"), cases.NextYourTurn: sheet.Say("Waits for you", "等您补充"),
		cases.NextInvestigate: sheet.Say("Being looked into", "调查中"), cases.NextTell: sheet.Say("Decided, the answer is being written", "已有结果，正在撰写答复"),
	}[f.Outlook.Next]
	if m.state.Text == nil {
		m.state = sheet.Say("Answered", "已答复")
	}
	switch {
	case m.late || m.mine:
		m.tone = sheet.Warning
	case f.Outlook.Next == cases.NextNothing:
		m.tone = sheet.Good
	}
	m.rows = append(m.rows, sheet.Line(sheet.Say("Reference", "编号"), sheet.Text(f.Reference).Cell()))
	m.rows = append(m.rows, nextOf(f.Outlook.Next)...)
	m.rows = append(m.rows, byOf(m, f.Outlook)...)
	for _, item := range f.Outlook.Needs {
		m.rows = append(m.rows, sheet.Line(sheet.Say("Needed from you", "需要您提供"), sheet.Sentence{Text: item.Title}.Cell()).In(sheet.Warning))
	}
	m.rows = append(m.rows, sheet.Line(sheet.Say("We know of it since", "收到时间"), sheet.At(m.since).Cell()))
	return m
}

func nextOf(n cases.Next) []sheet.Row {
	said, ok := map[cases.Next]sheet.Sentence{
		cases.NextConfirm:     sheet.Say("Somebody reads it and confirms what it is about", "客服会阅读并确认事由"),
		cases.NextYourTurn:    sheet.Say("You send what is needed; then we go on", "您提供所需材料后，我们继续处理"),
		cases.NextInvestigate: sheet.Say("We look into it and decide", "我们调查并作出决定"),
		cases.NextTell:        sheet.Say("You get the answer in writing", "您会收到书面答复"),
	}[n]
	if !ok {
		return nil
	}
	return []sheet.Row{sheet.Line(sheet.Say("What happens next", "下一步"), said.Cell())}
}

// byOf is by when a customer hears of a case, and why nothing can be said.
func byOf(m matter, o cases.Outlook) []sheet.Row {
	name := sheet.Say("You hear by", "最晚答复")
	switch {
	case m.by != 0 && m.late:
		return []sheet.Row{sheet.Line(name, sheet.At(m.by).Cell()).In(sheet.Warning).Noted(sheet.Say("This time is over. A person can tell you why.", "已超过这个时间。客服可以说明原因。"))}
	case m.by != 0:
		return []sheet.Row{sheet.Line(name, sheet.At(m.by).Cell())}
	case o.Stands != "" || m.mine:
		return []sheet.Row{sheet.Line(name, sheet.Say("The time stands still until you have answered", "在您回复之前暂停计时").Cell())}
	case o.Next == cases.NextNothing:
		return nil
	default:
		return []sheet.Row{sheet.Line(name, sheet.Say("Nobody has named a time yet", "还没有确定时间").Cell())}
	}
}

// ofConversation is a conversation that goes on. told is what its customer was told of
// their place in the queue.
func ofConversation(s conversation.State, told []routing.Eta) matter {
	m := matter{id: s.ID, kind: "conversation", name: sheet.Say("Conversation with us", "与客服的会话"), since: wallet.Time(s.CreatedAt)}
	if s.Topic != "" {
		m.name = sheet.Say("{topic}", "{topic}").With("topic", sheet.Text(s.Topic))
	}
	eta, waits := routing.Eta{}, false
	for _, e := range told {
		if e.ConversationID == s.ID {
			eta, waits = e, true
		}
	}
	switch {
	case s.WaitingSince == 0 && s.Status == conversation.Waiting:
		m.state, m.next, m.mine, m.tone = sheet.Say("Waits for your answer", "等您回复"), "your_turn", true, sheet.Warning
	case s.WaitingSince == 0:
		m.state, m.next, m.tone = sheet.Say("Answered", "已答复"), "nothing", sheet.Good
	case s.AssigneeID != "":
		m.state, m.next = sheet.Say("Somebody is at it", "客服正在处理"), "answer"
	default:
		m.state, m.next = sheet.Say("Waits for us", "等待客服"), "queue"
	}
	if s.AssigneeName != "" {
		m.rows = append(m.rows, sheet.Line(sheet.Say("With", "接待客服"), sheet.Text(s.AssigneeName).Cell()))
	}
	if waits && m.next == "queue" {
		m.rows = append(m.rows, placeOf(eta)...)
	}
	if s.WaitingSince != 0 {
		m.rows = append(m.rows, sheet.Line(sheet.Say("You wait since", "等待开始时间"), sheet.At(wallet.Time(s.WaitingSince)).Cell()))
	}
	m.rows = append(m.rows, sheet.Line(sheet.Say("Begun", "开始时间"), sheet.At(m.since).Cell()))
	return m
}

// placeOf is where a conversation stands in the queue, and how long that still takes.
func placeOf(e routing.Eta) []sheet.Row {
	var rows []sheet.Row
	if e.Position > 0 {
		rows = append(rows, sheet.Line(sheet.Say("Place in the queue", "排队位置"), sheet.Number(int64(e.Position)).Cell()))
	}
	switch {
	case e.Nobody:
		rows = append(rows, sheet.Line(sheet.Say("Still takes", "还需要"), sheet.Say("Nobody is free at present", "目前没有空闲的客服").Cell()).In(sheet.Warning))
	case e.P80 > 0:
		rows = append(rows, sheet.Line(sheet.Say("Still takes", "还需要"), between(e)))
	}
	return rows
}

// ofRun is something that a customer asked for in the wallet or had watched, and that goes
// on without anybody being asked anything.
func ofRun(p selfservice.Pending) matter {
	m := matter{id: p.Run, kind: "run", name: sheet.Sentence{Text: p.Title}, since: wallet.At(p.Since), amount: p.Amount, next: string(p.For)}
	var next sheet.Sentence
	switch p.For {
	case selfservice.ForProof:
		m.state, m.mine, m.tone = sheet.Say("Waits until you confirm it in the wallet", "等您在钱包中确认"), true, sheet.Warning
		next = sheet.Say("Nothing is done before you confirm", "您确认之前不会执行任何操作")
	case selfservice.ForSecond:
		m.state = sheet.Say("Waits for a second person of ours", "等待我们的另一名员工复核")
		next = sheet.Say("It leaves only when they agree", "复核通过后才会提交")
	case selfservice.ForChange:
		m.state, next = sheet.Say("Being watched", "正在关注"), sheet.Say("You read here as soon as it changes", "一有变化就在这里告诉您")
	case selfservice.ForReader:
		m.state, m.tone = sheet.Say("There is news of it", "有新进展"), sheet.Good
		next = sheet.Say("Open it to read what came of it", "打开即可查看结果")
	case selfservice.ForWallet:
		m.state, next = sheet.Say("Waits for the wallet", "等待钱包答复"), sheet.Say("You read here what the wallet says", "钱包答复后在这里告诉您")
	}
	if p.Amount != nil {
		m.rows = append(m.rows, sheet.Line(sheet.Say("Amount", "金额"), sheet.Money(*p.Amount).Cell()))
	}
	m.rows = append(m.rows,
		sheet.Line(sheet.Say("What happens next", "下一步"), next.Cell()),
		sheet.Line(sheet.Say("Since", "开始时间"), sheet.At(m.since).Cell()),
		sheet.Line(sheet.Say("Where to find it", "在哪里查看"), sheet.Say("At the top of the first page here", "这里的首页顶部").Cell()))
	return m
}
