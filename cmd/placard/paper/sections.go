package paper

import "time"

// section is a part of the paper. Its id is also the last element of its URL and the name of its colour
// in paper.css.
type section struct {
	ID   string
	Name string
	// Line says under the section's name what is found there.
	Line string
}

func sections() []section {
	return []section{
		{"world", "World", "Reports from our correspondents abroad"},
		{"national", "National", "The provinces, the cities, the courts and the weather"},
		{"business", "Business", "Money, trade and the price of things"},
		{"sport", "Sport", "Scores, and how they came about"},
		{"culture", "Culture", "Film, music, books and the people who keep them"},
		{"travel", "Travel", "Slow journeys, with timetables"},
		{"technology", "Technology", "Machines, networks and who they work for"},
		{"opinion", "Opinion", "Arguments, signed"},
		{"urdu", "اردو", "خبریں، ادب اور ثقافت"},
	}
}

func sectionByID(id string) (section, bool) {
	for _, s := range sections() {
		if s.ID == id {
			return s, true
		}
	}
	return section{}, false
}

// karachi is the paper's time zone. Pakistan keeps UTC+5 all year, so the zone database is not needed.
var karachi = time.FixedZone("PKT", 5*60*60)

// phrases are the paper's own words on a page, in one language.
type phrases struct {
	Edition, SkipToStory, SectionsNav              string
	Dark                                           string
	By, ReadNext, MorePrefix, Minutes              string
	CommentTitle, CommentNote, CommentHeld         string
	Name, Email, EmailNote, Comment, Send          string
	NeedName, NeedEmail, NeedComment, CommentCount string
	LatestFrom                                     string
}

func phrasesFor(language string) phrases {
	if language == "ur" {
		return phrases{
			Edition:      "کراچی ایڈیشن",
			SkipToStory:  "سیدھے تحریر پر جائیں",
			SectionsNav:  "اخبار کے حصے",
			Dark:         "شب کا رنگ",
			By:           "تحریر:",
			ReadNext:     "یہ بھی پڑھیے",
			MorePrefix:   "مزید",
			Minutes:      "منٹ کا مطالعہ",
			CommentTitle: "مدیر کے نام",
			CommentNote:  "ہر رائے شائع ہونے سے پہلے پڑھی جاتی ہے۔ مختصر لکھیے، شائستہ لکھیے، اور اپنے نام سے لکھیے۔",
			CommentHeld:  "شکریہ۔ آپ کی رائے مدیر کی نظرِ ثانی تک روک لی گئی ہے۔ (یہ نمائشی اخبار ہے: آپ کا لکھا کہیں محفوظ نہیں ہوتا۔)",
			Name:         "نام",
			Email:        "ای میل",
			EmailNote:    "شائع نہیں کی جائے گی",
			Comment:      "آپ کی رائے",
			Send:         "مدیر کو بھیجیے",
			NeedName:     "براہِ کرم اپنا نام لکھیے۔",
			NeedEmail:    "براہِ کرم درست ای میل لکھیے، مثلاً name@example.com۔",
			NeedComment:  "براہِ کرم کم از کم ۲۰ حروف کی رائے لکھیے۔",
			CommentCount: "حروف باقی",
			LatestFrom:   "تازہ تحریریں",
		}
	}
	return phrases{
		Edition:      "Karachi edition",
		SkipToStory:  "Skip to the story",
		SectionsNav:  "Sections",
		Dark:         "Dark mode",
		By:           "By",
		ReadNext:     "Read next",
		MorePrefix:   "More from",
		Minutes:      "min read",
		CommentTitle: "Write to the editor",
		CommentNote:  "Every comment is read before it is published. Be brief, be civil, and sign it.",
		CommentHeld:  "Thank you. Your comment is held for moderation. (This is a demonstration paper: nothing you type is sent or kept.)",
		Name:         "Name",
		Email:        "Email",
		EmailNote:    "will not be published",
		Comment:      "Your comment",
		Send:         "Send to the editor",
		NeedName:     "Please give your name.",
		NeedEmail:    "Please give an email address, such as name@example.com.",
		NeedComment:  "Please write at least 20 characters.",
		CommentCount: "characters left",
		LatestFrom:   "Latest",
	}
}
