package acting

import (
	"strings"

	"kefu/internal/domain/action"
	"kefu/internal/domain/wallet"
)

// Told is what a customer reads of something that only makes safe and that staff had done
// for them: what was done, and how to have it undone or to ask. Language is that of the
// conversation; English stands in. "" for an act that nobody is told of.
func Told(k action.Kept, language string) string {
	if gift := toldOfGift(k, language); gift != "" {
		return gift
	}
	texts := toldInEnglish()
	if strings.HasPrefix(strings.ToLower(language), "zh") {
		texts = toldInChinese()
	}
	said := texts.said[k.Command.Act]
	if said == "" {
		return ""
	}
	card := texts.card
	if k.Destination != "" {
		card = k.Destination
	}
	return strings.ReplaceAll(said, "{card}", card) + texts.gap + texts.ask
}

type toldTexts struct {
	said           map[wallet.Act]string
	card, gap, ask string
}

func toldInEnglish() toldTexts {
	return toldTexts{
		said: map[wallet.Act]string{
			wallet.Freeze:          "We have frozen your wallet: no payment can leave it until the freeze is lifted. You can have it lifted here, once you have confirmed in the wallet that it is you.",
			wallet.BlockInstrument: "We have blocked {card}: it cannot be used any more, and a blocked card stays blocked.",
			wallet.RevokeSessions:  "We have signed out every device of yours from the wallet. Sign in again on the device that you have with you.",
			wallet.RevokeDevice:    "We have removed a device from your wallet: it cannot be used to pay any more.",
			wallet.StopRecovery:    "We have stopped what somebody began to get into your wallet. Your own way in has not changed.",
		},
		card: "your card", gap: " ", ask: "If you did not ask for this, or have a question about it, write here: a person reads it.",
	}
}

func toldInChinese() toldTexts {
	return toldTexts{
		said: map[wallet.Act]string{
			wallet.Freeze:          "我们已冻结您的钱包：解除之前无法付款。如需解冻，请在这里提出，并在钱包中确认是您本人。",
			wallet.BlockInstrument: "我们已停用{card}：这张卡不能再使用，且停用后无法恢复。",
			wallet.RevokeSessions:  "我们已让您的所有设备退出钱包登录。请在您身边的设备上重新登录。",
			wallet.RevokeDevice:    "我们已从您的钱包移除一台设备：它不能再用于付款。",
			wallet.StopRecovery:    "我们已终止有人以您的名义找回账户的申请。您原来的登录方式没有变化。",
		},
		card: "您的银行卡", ask: "如果这不是您要求的，或有任何疑问，请在这里留言，会有工作人员查看。",
	}
}
