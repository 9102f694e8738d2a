package pagecontext

import "testing"

func TestLanguage(t *testing.T) {
	c := newTestClassifier(t)
	for _, k := range []struct{ declared, text, want string }{
		{"", "The ministers met on Tuesday and said that the talks would go on into the night.", "en"},
		{"", "Die Minister trafen sich am Dienstag und sagten, dass die Gespräche bis in die Nacht dauern werden.", "de"},
		{"", "Les ministres se sont réunis mardi et ont déclaré que les négociations dureraient toute la nuit.", "fr"},
		{"", "Los ministros se reunieron el martes y dijeron que las conversaciones seguirían durante la noche.", "es"},
		{"", "Bakanlar salı günü bir araya geldi ve görüşmelerin gece boyunca süreceğini söyledi, ancak anlaşma için daha çok zaman gerekiyor.", "tr"},
		{"", "وزرا نے منگل کو ملاقات کی اور کہا کہ مذاکرات رات گئے تک جاری رہیں گے۔", "ur"},
		{"", "اجتمع الوزراء يوم الثلاثاء وقالوا إن المحادثات ستستمر حتى الليل في العاصمة.", "ar"},
		{"", "وزیران روز سه\u200cشنبه دیدار کردند و گفتند که گفتگوها تا شب ادامه خواهد داشت.", "fa"},
		{"", "मंत्रियों ने मंगलवार को मुलाकात की और कहा कि बातचीत रात भर चलेगी।", "hi"},
		{"", "Министры встретились во вторник", ""},
		{"", "部长们星期二会面", ""},
		{"", "Peace talks collapse", ""}, // too little to tell
		{"en-GB", "Peace talks collapse", "en"},
		{"urd", "", "ur"},
		// A template's lang=en does not make Urdu English.
		{"en", "وزرا نے منگل کو ملاقات کی اور کہا کہ مذاکرات رات گئے تک جاری رہیں گے۔", "ur"},
		{"sw", "Mawaziri walikutana siku ya Jumanne", "sw"},
	} {
		if got := c.Classify(&Input{URL: "https://paper.example/a", Text: k.text, Language: k.declared}).Language; got != k.want {
			t.Errorf("declared %q, %q: %q, want %q", k.declared, k.text, got, k.want)
		}
	}
}

// Typed with an Arabic keyboard, Urdu is still Urdu, and rules match it.
func TestUrduTypedInArabicLetters(t *testing.T) {
	c := newTestClassifier(t)
	for _, title := range []string{"پاکستان نے کرکٹ میچ جیت لیا", "پاكستان نے كركٹ ميچ جيت ليا"} {
		got := c.Classify(&Input{URL: "https://paper.example/a", Title: title})
		if got.Language != "ur" || BroadSection(got) != "sport" {
			t.Errorf("%s: language %q, section %s", title, got.Language, BroadSection(got))
		}
	}
}
