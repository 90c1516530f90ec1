package outbound

import (
	"strings"

	"kefu/internal/domain/guard/words"
)

// What a listed phrase does in a sentence; bits, for some do several things.
const (
	secretWord  words.Kind = 1 << iota // names what is nobody else's: a password, a code
	weakSecret                         // "code", "it was sent to you": a secret beside a word of giving to us
	cardNumber                         // a secret unless only its end is asked for
	program                            // a program for controlling somebody's device
	control                            // "remote access"
	safeAccount                        // "a safe account"
	funds                              // "your money"
	elsewhere                          // "to the following account"
	move                               // transfers money
	give                               // makes known: "tell", "send"
	enter                              // "type": to us only where no place of the wallet's own is named
	operate                            // does something with a program: "install"
	need                               // "we need"
	whatIs                             // "what is"
	us                                 // "me", "here", "in this chat"
	it                                 // stands for what was spoken of before
	inApp                              // a place of the wallet's own
	never                              // negates
	others                             // speaks of what somebody else asked, or of what was
	past                               // "did you give": what is asked for was, or is, somebody else's doing
	pastBehind                         // the same, said behind it
	your                               // "your", "the": what is named is the customer's
	lastFour                           // only the end of a number
	other                              // something that may be sent: "a screenshot"
	please                             // turns a name into a request
	breaks                             // something new begins: what negates ends here
	destination                        // "account", "address": somebody else's, as the customer's own are harmless
	weDo                               // "we will": what is told is our doing, or somebody else's
	screen                             // "your screen": to be seen by us
	goesOn                             // "or": what was said of the clause before counts here too
	harmless                           // swallows words that mean something else in it
)

// vocabularies are the phrases of all languages.
func vocabularies() []words.Vocabulary {
	var all []words.Vocabulary
	for _, lists := range [][]words.Vocabulary{english(), chinese(), otherLanguages()} {
		for _, l := range lists {
			// A space of a phrase matches an apostrophe too, but not the other way round.
			l.Phrases = strings.ReplaceAll(l.Phrases, "'", " ")
			all = append(all, l)
		}
	}
	return all
}

func english() []words.Vocabulary {
	return []words.Vocabulary{
		{Kind: secretWord, Phrases: "password|passwords|pass word|pasword|passwrd|passwd|pass wd|verifcation code|verification cod|otp number|seed word|digits in it|number in it|numbers in it|code in it|security digits|digits at the back|code at the back|security code at the back|three digit security code|3 digit security code|passcode|passcodes|pass code|passphrase|pwd|login details|log in details|login credentials|sign in details|credentials|" +
			"verification code|verification codes|verification number|security code|security codes|confirmation code|authentication code|authenticator code|auth code|authorisation code|authorization code|access code|login code|log in code|sign in code|sms code|text code|one time code|one time codes|one time password|one time passcode|one time pin|onetime code|otp|otps|otp code|2fa code|two factor code|mfa code|6 digit code|six digit code|4 digit code|four digit code|six digits|6 digits|recovery code|recovery codes|backup code|backup codes|reset code|unlock code|push code|approval code|" +
			"code we sent|code we have sent|code we've sent|code we just sent|code i sent|code i just sent|code i have sent|code i've sent|code you received|code you receive|code you get|code you got|code you have received|code that arrives|code that arrived|code that you received|code that you receive|code that was sent|code sent to you|code on your phone|code in the text|code in the sms|code from the text|code from the sms|code from your phone|code from your authenticator|code from your app|code in your inbox|numbers from the text|digits from the text|number in the text message|" +
			"pin|pins|pin code|pin number|atm pin|card pin|wallet pin|payment pin|" +
			"cvv|cvv2|cvc|cvc2|csc|card security code|card verification code|three digits on the back|3 digits on the back|three numbers on the back|3 numbers on the back|three digit code|3 digit code|three digit number|3 digit number|digits on the back|numbers on the back|number on the back of|code on the back|" +
			"seed|seed phrase|seed phrases|seed words|recovery phrase|recovery phrases|recovery words|secret phrase|secret recovery phrase|backup phrase|mnemonic|mnemonic phrase|12 words|twelve words|24 words|twenty four words|12 word phrase|24 word phrase|private key|private keys|secret key|secret keys|keystore file|" +
			"mother's maiden name|mothers maiden name|answer to your security question|answers to your security questions|security answer|security answers|photo of your card|picture of your card|photos of your card|photo of the card|picture of the card|image of your card|scan of your card|both sides of your card|front and back of your card"},
		{Kind: cardNumber, Phrases: "card number|card numbers|card no|card details|full card number|complete card number|entire card number|whole card number|16 digits|sixteen digits|16 digit number|long number|long card number|card's number|number on your card|number on the card|number on the front|expiry date|expiration date"},
		{Kind: weakSecret, Phrases: "code|codes|cod"},
		{Kind: cardNumber, Phrases: "the digits|the numbers"},
		{Kind: program, Phrases: "anydesk|any desk|team viewr|teamview|teamviewer|team viewer|rustdesk|quicksupport|quick support|quick assist|supremo|ultraviewer|ultra viewer|airdroid|splashtop|logmein|log me in|gotoassist|screenconnect|screen connect|connectwise|chrome remote desktop|remote desktop|remote desktop app|airmirror|zoho assist|iperius|ammyy|remote support app|remote support tool|remote control app|screen sharing app"},
		{Kind: control, Phrases: "remote access|remote control|accessibility permission|log on to your pc|log on to your computer|log into your computer|log in to your computer|remote session|remote into|remotely|access to your computer|access to your phone|access to your device|control of your computer|control of your phone|control of your device|control your computer|control your phone|screen share|screen sharing|support tool"},
		{Kind: screen, Phrases: "your screen|ur screen|the share screen|share screen"},
		{Kind: control | operate, Phrases: "take control|taking control|control your computer|control your phone|control your device|control your pc|operate your phone|operate the phone|operate your device|viewing your screen|view your screen|watch your screen|watching your screen|share your screen|sharing your screen|share the screen|see your screen|mirror your screen|take over your screen|take over your computer|take over your phone|connect to your computer|connect to your device|connect to your phone"},
		{Kind: funds | elsewhere, Phrases: "the balance there|your balance there|the money there|your money there|it there|everything there|your funds there|the funds there"},
		{Kind: safeAccount, Phrases: "safe account|safe acount|safe accounts|new safe account|vault account|secure vault|protected wallet|safe vault|secure account|secured account|safety account|security account|protected account|protection account|holding account|temporary account|escrow account|safe wallet|secure wallet|secured wallet|safe address|secure address|quarantine account|custody account|federal account|government account|verification account|audit account"},
		{Kind: funds, Phrases: "your money|ur money|the money|the full amount|full amount|the remaining balance|remaining balance|the release fee|a release fee|release fee|unlock fee|the fee|your usdt|your funds|the funds|your balance|the balance|your savings|your full balance|your whole balance|your entire balance|your remaining balance|your coins|your crypto|your bitcoin|your assets|your usdt|everything|everything you have|what is left|what's left|whatever is left|the rest of your money|a test transfer|a small amount|a test payment|a verification payment|a deposit|the amount"},
		{Kind: elsewhere, Phrases: "to this account|to the following account|to the account below|to the account i|to the account number|to another account|to a new account|to the new account|to our account|to my account|to this address|to the following address|to the address below|to the address i|to a new address|to the new address|to our address|to this wallet|to the following wallet|to the wallet below|to our wallet|to this iban|to the iban|to this number|into this account|into our account|into a new account|into the following account|into another account|to the details below|to these details|out of your account|out of your wallet|somewhere safe|to keep it safe|to keep your money safe|to protect it|to protect your money|until it is safe|until this is over"},
		{Kind: move, Phrases: "tranfer|transfr|paynow|zelle|venmo|put|putting|pay in|transfer|move|send|wire|deposit|withdraw|pay|shift|evacuate|empty|transferring|moving|sending|forward"},
		{Kind: give, Phrases: "snd|gimme|revert with|revert back with|reply here with|reply here|reply back with|come back to me with|send|sending|give|giving|tell|telling|share|sharing|provide|providing|supply|read|read out|read me|read it out|reading out|forward|reply with|respond with|answer with|message|text|dictate|spell|spell out|submit|disclose|reveal|hand over|pass on|pass me|let me know|let us know|let me have|let us have|drop|post|paste|mind reading out|copy|copy and paste|upload|show|show me|show us|state|say|email|mail|attach|write|write down|write back with|come back with|get back to me with|send over|send across|send through|quote"},
		{Kind: give | us, Phrases: "be sent to me|be sent to us|be shared with me|be shared with us|be told to me"},
		{Kind: give | us | operate, Phrases: "give me|give us|tell me|tell us|send me|send us|share with me|share with us"},
		{Kind: enter, Phrases: "enter|type|type in|input|key in|fill in|put in|confirm|verify"},
		{Kind: operate, Phrases: "instal|have it installed|install|download|open|run|start|launch|use|get|accept|allow|grant|enable|approve|connect|join|set up|turn on|activate|let me|let us|i can|we can|i will|we will|i'll|we'll|share|sharing|installing|downloading|opening|need|needs|go to|log into|click"},
		{Kind: need, Phrases: "may i know|may we know|could i trouble you for|can i trouble you for|may i trouble you for|need the following|all we need is|unable to proceed|unable to continue|unable to help|unable to unlock|we just need one more thing|just one more thing|i must know|i should have|i need|i will need|i'll need|i would need|i'd need|i do need|i still need|i also need|i just need|i only need|i'm going to need|we need|we will need|we'll need|we would need|we do need|we still need|we also need|we just need|we only need|i require|we require|i'm missing|we are missing|i am missing|i'm still missing|i want|i'd like|i would like|i must have|we must have|i have to have|i have to ask for|i must ask you for|i need to ask for|may i have|may we have|can i have|can we have|could i have|could we have|can i get|could i get|can we get|may i get|can i ask for|could i ask for|may i ask for|can i take|could i take|i'm waiting for|i am waiting for|we're waiting for|waiting for your|is required by me|do you have|have you got|just need|still need|all i need is|what i need is|what we need is|needed is"},
		{Kind: whatIs, Phrases: "what is|what's|whats|what was|what are|what were|which is|what does it say|what does the|what did you set"},
		{Kind: us, Phrases: "me|us|w me|here|with our team|our team|our specialist|in this chat|in the chat|in this conversation|in this window|in your reply|in your answer|in your next message|in a message|below|to me|to us|with me|with us|on this call|over the phone|over the chat|by reply|by return|right here|back to me"},
		{Kind: it, Phrases: "it|them|that|those|this|these|one|the one"},
		{Kind: inApp, Phrases: "in the app|in your app|in the wallet|in your wallet|in the wallet app|in the official app|inside the app|inside the wallet|in settings|in the settings|under settings|under security|on the login page|on the sign in page|on the login screen|on the sign in screen|on the lock screen|on our website|on our site|on the website|on the official website|on the page|on the card form|on the form|on the payment page|at checkout|at the checkout|at the terminal|at the atm|at the cash machine|in the app's|app's own|wallet's own|bank's page|your bank's page|on your bank's|your bank's app|in your bank's app|banking app|when the app asks|when the wallet asks|if the app asks|on the screen that opens|yourself|on your own phone|on paper|offline|on your phone yourself|to log in|to sign in|when you log in|when you sign in|when logging in|when signing in|into the app|into the wallet|on the reset page|in the form of your bank|the app will ask|the wallet will ask|the wallet asks|the app asks|app.s form"},
		{Kind: weDo, Phrases: "we|we ll|we will|i will|i ll|will|will be|can|could not|to be|was|were|has been|have been|you sent|you paid|you transferred|you tried to|it takes|if you"},
		{Kind: destination, Phrases: "account|acount|acct|a c|account number|address|wallet address|iban|upi id|below mentioned account|number first"},
		{Kind: never, Phrases: "cover|hide|black out|blur|blank out|never|do not|don't|dont|not|won't|wont|will not|would not|wouldn't|cannot|can't|cant|can not|should not|shouldn't|must not|mustn't|need not|needn't|no need|no one|noone|nobody|none of us|neither|nor|avoid|refuse|no reason|no longer|isn't|is not|aren't|are not|doesn't|does not|didn't|did not|stop|beware|rather than|instead of|other than|nothing like|unnecessary|refrain"},
		{Kind: harmless, Phrases: "can't see|cannot see|don't worry|do not worry|dont worry|no worries|no problem|not a problem|don't panic|do not panic|don't be afraid|not to worry|why not|if not|whether or not|not only|do not wait|don't wait|don't hesitate|do not hesitate|cannot wait|can't wait|won't take long|will not take long|no doubt|doesn't matter|does not matter|not sure|can't help you unless|cannot help you unless|can't help unless|cannot help unless|cannot continue unless|can't continue unless|cannot go on without|can't go on without|cannot help without|can't help without|cannot help you without|can't help you without|cannot proceed without|can't proceed without|cannot continue without|can't continue without|cannot unlock it without|not until|did not arrive|didn't arrive|hasn't arrived|has not arrived|isn't arriving|doesn't arrive|did not work|didn't work|doesn't work|does not work|isn't working|is not working"},
		{Kind: harmless, Phrases: "change your password|change your passwords|changed your password|changing your password|change the password|reset your password|reset the password|resetting your password|update your password|change your pin|changed your pin|reset your pin|change your passcode|forgot your password|forgotten your password|forgot your pin|lost your password"},
		{Kind: harmless, Phrases: "ifsc code|bic code|micr code|routing code|tax code|your account|your own account|your bank account|your own bank account|your current account|your savings account|your paypal account|your wallet|your wallet account|your own wallet|your iban|your address|your home address|your new address|your e mail address|your email address|your postal address|your billing address|your delivery address|your account number|account balance|account page|account settings|account name|account holder|account manager|account statement|their account|payee's account|recipient's account|merchant's account|the account holder|account was|account is|account has|address book|address proof|proof of address|error code|error codes|qr code|qr codes|promo code|promotion code|discount code|voucher code|coupon code|referral code|invitation code|invite code|country code|currency code|postal code|post code|zip code|sort code|bank code|swift code|branch code|product code|status code|reason code|response code|decline code|failure code|reference code|booking code|tracking code|order code|transaction code|merchant code|category code|dress code|source code|bar code|color code|colour code|area code|dialling code|case code|agent code|gift code|gift card code|" +
			"password error|password page|password screen|password field|password reset|password change|password policy|password rules|password manager|password link|password problem|password issue|password settings|password requirements|password is changed|password was changed|password has been changed|password reset link|pin error|pin screen|pin page|pin pad|pin reset|pin change|pin settings|pin attempts|code error|code screen|code page|code field|code is correct|code delivery|seed of doubt|verification code page|verification code screen|verification code error|" +
			"new password|new passcode|new pin|strong password|stronger password|a unique password|unique password|another password|different password|long password|set a password|set a pin|set up a pin|choose a password|choose a pin|create a password|create a pin|" +
			"send you|sends you|send it to you|send them to you|send to your|send a code|send a new code|send a verification code|send an sms|send another code|send the code again|resend|re send|sent you|sent to you|sends a|send a link|send you a|text you|message you|email you|mail you|call you|tell you|tells you|show you|shows you|give you|gives you|let you know|say hello|write to you|that is to say|needless to say|text message|text messages|a message|the message|your message|this message|messages|post office|by post|the post|in the text|some text|read more|read on|read this|read the|have read|i read|i've read|write to us|write to me|write again|write here|write back|come back|show up|state of|the state|the mail|e mail address|your email|your e mail|your mail|the email|by email|by e mail|by mail"},
		{Kind: others, Phrases: "will ask you to|may ask you to|might ask you to|asks you to|can ask you to|some shops|shops|the shop|some merchants|the merchant|merchants|did he|did she|did they|has anyone|has anybody|has somebody|has someone|did anyone|did anybody|did somebody|did someone|anyone|anybody|someone|somebody|whoever|everyone who|anyone who|people who|a caller|the caller|callers|scammer|scammers|the scammer|fraudster|fraudsters|the fraudster|thief|thieves|impostor|impostors|impersonator|criminal|criminals|attacker|stranger|strangers|friend|they|he|she|him|her|other people|another person|third party|third parties"},
		{Kind: past, Phrases: "did you|have you|had you|were you|was your|is your|are your|do you remember|do you still|do you know|do you use|did it|after you|when you|once you|if you|since you|before you|because you|you have|you had|you gave|you sent|you told|you shared|you read|you entered|you typed|you installed|you were|was it|who asked|who told|who else|with whom|to whom|how to|how do i"},
		{Kind: your, Phrases: "your|ur|the|that|this|those|you|my"},
		{Kind: lastFour, Phrases: "last four|last 4|last four digits|last 4 digits|last four numbers|last 4 numbers|last four of|last 4 of|last three|last two|ending in|ends in|ends with|ending with|ending|final four|final 4|final digits|last digits|masked"},
		{Kind: other, Phrases: "screenshot|screenshots|screen shot|receipt|receipts|document|documents|statement|statements|invoice|transaction|transactions|transaction number|transaction id|order number|order|reference|reference number|case number|name|date|date of birth|amount|email address|e mail address|phone number|address|police report|report|proof|evidence|details of|error message|message you see|what happened|what you see|how it goes|how it went|how that goes|question|questions|country|time|model|version|link|link again|photo of your id|passport|letter|file|files|picture|photo|list|feedback|story|description"},
		{Kind: please, Phrases: "puhlease|please|pls|plz|kindly|asap"},
		{Kind: breaks, Phrases: "but|but please|instead|and then|then|so please|and please|just|simply|only|however|otherwise|so|and let|and we|and i|because"},
		{Kind: breaks | give, Phrases: "and send|and tell|and give|and read|and share|and reply with|and forward|and provide|and show"},
		{Kind: breaks | enter, Phrases: "and type|and enter"},
		{Kind: goesOn, Phrases: "or|nor|or to|or did|or has"},
	}
}
