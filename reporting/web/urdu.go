package web

// urdu is what pages say in Urdu, by their English text. A test holds that nothing an advertiser sees is missing.
var urdu = map[string]string{
	// frame
	"Switch": "سوئچ", "the last 14 days": "پچھلے 14 دن", "here": "یہاں",
	"Skip to content": "مواد پر جائیں", "Main": "مرکزی", "Reports": "رپورٹیں", "Ops": "آپریشنز", "Why not?": "کیوں نہیں؟", "Sign out": "سائن آؤٹ", "Language": "زبان",
	"The page could not be loaded. What you see is what was known before.": "صفحہ نہیں کھل سکا۔ جو نظر آ رہا ہے وہ پہلے کی معلومات ہیں۔",
	"Try again": "دوبارہ کوشش کریں", "To the reports": "رپورٹوں کی طرف",

	// signing in
	"Sign in": "سائن اِن", "Name": "نام", "Password": "پاس ورڈ", "Go on": "آگے بڑھیں", "Link expired": "لنک کی میعاد ختم",
	"See what was delivered, who saw it, and what it cost.":      "دیکھیں کیا پیش کیا گیا، کس نے دیکھا اور کتنا خرچ آیا۔",
	"This link signs you in as":                                  "یہ لنک آپ کو سائن اِن کرتا ہے بطور",
	"This link is no longer valid":                               "یہ لنک اب کارآمد نہیں",
	"Ask for a new one, or sign in with your name and password.": "نیا لنک مانگیں، یا اپنے نام اور پاس ورڈ سے سائن اِن کریں۔",
	"The form could not be read. Try again.":                     "فارم نہیں پڑھا جا سکا۔ دوبارہ کوشش کریں۔",
	"This form was sent from another site.":                      "یہ فارم کسی اور ویب سائٹ سے بھیجا گیا ہے۔",
	"Too many tries. Wait a minute, then try again.":             "بہت زیادہ کوششیں ہو گئیں۔ ایک منٹ بعد دوبارہ کوشش کریں۔",
	"The name or the password is wrong.":                         "نام یا پاس ورڈ غلط ہے۔",
	"Out of date":                                                "پرانا",
	"This form is out of date":                                   "یہ فارم پرانا ہو چکا ہے",
	"Go back, load the page again and try once more.":            "واپس جائیں، صفحہ دوبارہ کھولیں اور پھر کوشش کریں۔",

	// messages
	"Not found": "نہیں ملا", "There is nothing here": "یہاں کچھ نہیں ہے",
	"The address may be mistyped, or it is not yours to see.": "شاید پتا غلط لکھا گیا ہے، یا یہ صفحہ آپ کے لیے نہیں ہے۔",
	"Not available": "دستیاب نہیں", "The figures cannot be read right now": "اعداد و شمار اس وقت نہیں پڑھے جا سکتے",
	"Nothing is lost: events are kept safely and appear here once the store answers again. Try again in a minute.": "کچھ ضائع نہیں ہوا: تمام واقعات محفوظ ہیں اور جلد یہاں نظر آئیں گے۔ ایک منٹ بعد دوبارہ کوشش کریں۔",
	"Not a view": "غلط منظر", "This view cannot be shown": "یہ منظر نہیں دکھایا جا سکتا",
	"There is no such time zone; write one like Asia/Karachi.":                 "ایسا کوئی ٹائم زون نہیں؛ یوں لکھیں: Asia/Karachi",
	"There is no such range.":                                                  "ایسی کوئی مدت نہیں۔",
	"A day must be written as 2026-11-01.":                                     "تاریخ یوں لکھیں: 2026-11-01",
	"The first day is after the last.":                                         "پہلا دن آخری دن کے بعد ہے۔",
	"A view covers at most 400 days.":                                          "ایک منظر زیادہ سے زیادہ 400 دن کا ہو سکتا ہے۔",
	"The chart cannot show this figure.":                                       "چارٹ یہ عدد نہیں دکھا سکتا۔",
	"The chart's steps are hours, days, weeks or months.":                      "چارٹ کے وقفے گھنٹے، دن، ہفتے یا مہینے ہیں۔",
	"A chart by hour covers at most 31 days.":                                  "گھنٹہ وار چارٹ زیادہ سے زیادہ 31 دن کا ہو سکتا ہے۔",
	"A view is compared with the previous period, the year before or nothing.": "موازنہ پچھلی مدت، پچھلے سال یا کسی سے نہیں ہو سکتا ہے۔",
	"This filter cannot be read.":                                              "یہ فلٹر نہیں پڑھا جا سکتا۔",
	"This cut cannot be made.":                                                 "یہ تقسیم ممکن نہیں۔",

	// above a view
	"Date range": "مدت", "Dates, time zone, steps": "تاریخیں، ٹائم زون، وقفے", "From": "سے", "to and with": "تک (شامل)", "Time zone": "ٹائم زون", "Show": "دکھائیں",
	"Steps of the chart": "چارٹ کے وقفے", "Compare with": "موازنہ", "by itself": "خودکار", "the period before": "پچھلی مدت", "the year before": "پچھلا سال", "nothing": "کوئی نہیں",
	"Today": "آج", "Yesterday": "کل", "7 days": "7 دن", "14 days": "14 دن", "30 days": "30 دن", "90 days": "90 دن", "This month": "اس ماہ", "Last month": "پچھلا ماہ",
	"Filters": "فلٹر", "is": "ہے", "is not": "نہیں ہے", "Turn into its opposite": "الٹ کریں", "Remove filter": "فلٹر ہٹائیں", "Remove all": "سب ہٹائیں",
	"Not up to date.": "تازہ نہیں۔", "Events still on their way to the store:": "ابھی راستے میں موجود واقعات:",
	"Nothing is lost; they appear here as they arrive.": "کچھ ضائع نہیں ہوا؛ پہنچتے ہی یہاں نظر آئیں گے۔",
	"Synthetic.": "مصنوعی۔", "These figures include history that the demo made up. It is marked as such in the store.": "ان اعداد میں ڈیمو کی بنائی ہوئی فرضی تاریخ شامل ہے، جس پر یہی نشان لگا ہے۔",
	"No data yet": "ابھی کوئی ڈیٹا نہیں", "Data until": "ڈیٹا بوقت", "Export": "برآمد", "Print": "پرنٹ", "Copy link": "لنک کاپی کریں", "Copied": "کاپی ہو گیا",

	// the report
	"Advertisers": "مشتہرین", "The last seven days, today included.": "آج سمیت پچھلے سات دن۔", "Headline figures": "اہم اعداد",
	"began to render": "نظر آنا شروع ہوئے", "seen for a second": "ایک سیکنڈ تک دیکھے گئے", "followed the link": "لنک پر گئے", "clicks ÷ impressions": "کلکس ÷ امپریشنز",
	"for valid events": "درست واقعات کے لیے", "for 1,000 impressions": "ہزار امپریشنز کے لیے", "nothing before": "پہلے کچھ نہیں", "no change": "کوئی تبدیلی نہیں",
	"Nothing has been served yet": "ابھی کوئی اشتہار پیش نہیں ہوا",
	"Impressions, clicks and spend appear here within seconds of the first ad being shown. This page needs no setting up.": "پہلا اشتہار دکھائے جانے کے چند سیکنڈ بعد امپریشنز، کلکس اور خرچ یہاں نظر آئیں گے۔ کسی ترتیب کی ضرورت نہیں۔",
	"No impressions in this range, with these filters. Choose a longer range, or remove a filter.":                         "ان فلٹروں کے ساتھ اس مدت میں کوئی امپریشن نہیں۔ لمبی مدت چنیں یا فلٹر ہٹائیں۔",
	"Is it delivering?": "کیا مہم چل رہی ہے؟",
	"Each line item over its whole flight: delivered as an area, the even plan as a thin line, the projection dashed.": "ہر لائن آئٹم اپنی پوری مدت میں: پیش کردہ رنگین رقبے سے، یکساں منصوبہ باریک لکیر سے، اور اندازہ نقطہ دار لکیر سے۔",
	"Flight": "دورانیہ", "Burn-up": "پیش رفت", "Delivered": "پیش کردہ", "Goal": "ہدف", "of goal": "ہدف کا", "Projected": "اندازہ", "State": "حالت", "why?": "کیوں؟",
	"delivered": "پیش کردہ", "goal": "ہدف", "of the flight is over": "دورانیہ گزر چکا", "expected": "متوقع", "today": "آج", "projected": "اندازہ", "even plan": "یکساں منصوبہ",
	"Creatives side by side": "تخلیقات کا موازنہ", "highest CTR": "سب سے زیادہ CTR", "no picture": "تصویر نہیں",
	"Placements": "جگہیں", "Sections": "سیکشن", "Pages": "صفحات", "Countries": "ممالک", "Devices": "آلات", "Browsers": "براؤزر",
	"Highest CTR:": "سب سے زیادہ CTR:", "Lowest:": "سب سے کم:", "All of them": "سب دیکھیں", "Nothing in this range.": "اس مدت میں کچھ نہیں۔",
	"When": "کب", "by hour of the week": "ہفتے کے گھنٹوں کے حساب سے", "Busiest:": "مصروف ترین:",
	"What counts": "کیا شمار ہوتا ہے", "Invalid events are recorded and shown, and left out of every other figure and of the bill.": "غلط واقعات درج کیے اور دکھائے جاتے ہیں، مگر کسی اور عدد یا بل میں شامل نہیں ہوتے۔",
	"Event": "واقعہ", "Raw": "کل", "Invalid": "غلط", "Valid": "درست",
	"Reach and frequency": "رسائی اور تکرار", "Visitors, counted anew each day": "قارئین (ہر دن نئے سرے سے گنے گئے)", "Impressions for each": "فی قاری امپریشنز", "Impressions with a visitor": "شناخت شدہ قارئین کے امپریشنز",
	"A visitor's id is mixed with a new secret each day, so nobody is followed from one day to the next. Visitors without consent are not counted here.": "ہر قاری کی شناخت روزانہ ایک نئے راز سے بدل دی جاتی ہے، اس لیے کسی کا ایک دن سے دوسرے دن تک پیچھا نہیں ہوتا۔ بغیر رضامندی والے قارئین یہاں شمار نہیں۔",
	"No impression in this range came with a visitor's id.": "اس مدت میں کسی امپریشن کے ساتھ قاری کی شناخت نہیں تھی۔",
	"Cut the figures another way":                           "اعداد کو کسی اور طرح تقسیم کریں",

	// a cut
	"Any cut": "اپنی مرضی کی تقسیم", "Cut by": "تقسیم", "Figures": "اعداد", "Cut": "تقسیم کریں", "Total of all rows": "تمام قطاروں کا میزان", "against": "بمقابلہ",
	"Pages of rows": "قطاروں کے صفحات", "Rows": "قطاریں", "Previous rows": "پچھلی قطاریں", "Next rows": "اگلی قطاریں",

	// a line item
	"impressions since the flight began": "دورانیے کے آغاز سے امپریشنز", "no goal": "کوئی ہدف نہیں", "as in the last seven days": "پچھلے سات دنوں کی رفتار سے", "Why": "وجہ",
	"To reach its goal it needs": "ہدف تک پہنچنے کے لیے روزانہ درکار امپریشنز:", "impressions a day; in the last seven days it had": "؛ پچھلے سات دنوں میں روزانہ اوسط:",
	"How often it was passed over, by the first thing in its way, since": "کتنی بار اور کس پہلی رکاوٹ کی وجہ سے نہیں دکھایا گیا، بوقت",
	"Passed over because": "نہ دکھانے کی وجہ", "Times": "بار", "What helps": "حل", "Nothing is in its way.": "کوئی رکاوٹ نہیں۔",
	"The server has not passed it over since it started; reasons appear here once pages are asked for.": "سرور کے آغاز سے اسے نظرانداز نہیں کیا گیا؛ صفحات کھلنے پر وجوہات یہاں نظر آئیں گی۔",
	"The last days": "پچھلے دن", "Creatives": "تخلیقات", "All figures of this line item": "اس لائن آئٹم کے تمام اعداد",
	"not started": "شروع نہیں ہوا", "goal reached": "ہدف پورا", "ended short": "ہدف سے کم پر ختم", "ended": "ختم", "running": "جاری", "behind plan": "منصوبے سے پیچھے",
	"ahead of plan": "منصوبے سے آگے", "on plan": "منصوبے کے مطابق",

	// names
	"Hour": "گھنٹہ", "Day": "دن", "Week": "ہفتہ", "Month": "مہینہ", "Hour of the week": "ہفتے کا گھنٹہ", "Site": "ویب سائٹ", "Placement": "جگہ", "Section": "سیکشن", "Page": "صفحہ",
	"Advertiser": "مشتہر", "Campaign": "مہم", "Line item": "لائن آئٹم", "Creative": "تخلیق", "Type": "قسم", "Country": "ملک", "Device": "آلہ", "System": "سسٹم", "Browser": "براؤزر", "Theme": "تھیم",
	"Empty because": "خالی رہنے کی وجہ", "Invalid because": "غلط ہونے کی وجہ", "Requests": "درخواستیں", "Fills": "بھری گئیں", "Fill rate": "بھرنے کی شرح", "Impressions": "امپریشنز", "Viewable": "قابلِ دید",
	"Viewability": "قابلِ دید شرح", "Clicks": "کلکس", "CTR": "CTR", "Spend": "خرچ", "eCPM": "eCPM", "Invalid events": "غلط واقعات", "Visitors": "قارئین", "Frequency": "تکرار",

	// values
	"unknown": "نامعلوم", "phone": "فون", "desktop": "کمپیوٹر", "tablet": "ٹیبلٹ", "tv": "ٹی وی", "impression": "امپریشن", "viewable": "قابلِ دید", "click": "کلک", "request": "درخواست",
	"standard": "معیاری", "sponsorship": "سپانسرشپ", "price priority": "قیمت کی ترجیح", "house": "اپنا", "backfill": "متبادل", "light": "روشن", "dark": "تاریک",
	"known crawlers and automated browsers": "معروف خودکار پروگرام", "the same event a second time": "وہی واقعہ دوسری بار", "reported too long after the ad was served": "اشتہار کے بہت دیر بعد رپورٹ ہوا",
	"pages fetched ahead and never shown": "پہلے سے لائے گئے صفحات جو دکھائے نہیں گئے", "from data centres, where no readers are": "ڈیٹا سینٹر سے، جہاں قارئین نہیں ہوتے",
	"clicks without an impression before": "کلک بغیر امپریشن کے", "clicks faster than people are": "انسان سے تیز کلک", "more clicks than a person makes": "ایک شخص سے زیادہ کلک",

	// causes
	"the page or the visitor does not match its targeting": "صفحہ یا قاری ہدف بندی سے میل نہیں کھاتا", "Widen the targeting, or sell into pages with more readers.": "ہدف بندی وسیع کریں، یا زیادہ قارئین والے صفحات چنیں۔",
	"its flight had not begun": "دورانیہ شروع نہیں ہوا تھا", "Nothing to do: it begins by itself.": "کچھ نہ کریں: خود شروع ہو گا۔", "its flight was over": "دورانیہ ختم ہو چکا تھا", "Extend the flight.": "دورانیہ بڑھائیں۔",
	"the newsroom wants no ads on the page": "ادارتی عملہ اس صفحے پر اشتہار نہیں چاہتا", "Nothing to do: the newsroom decides.": "کچھ نہ کریں: فیصلہ ادارتی عملے کا ہے۔",
	"the visitor was a known crawler": "قاری ایک معروف خودکار پروگرام تھا", "Nothing to do: crawlers are not charged for.": "کچھ نہ کریں: ان کا معاوضہ نہیں لیا جاتا۔",
	"the page was riskier than it tolerates": "صفحہ اس کی برداشت سے زیادہ حساس تھا", "Tolerate more in its suitability, if the advertiser agrees.": "اگر مشتہر راضی ہو تو حساسیت کی حد بڑھائیں۔",
	"no creative fits the slot": "کوئی تخلیق اس جگہ پر پوری نہیں آتی", "Add creatives in the sizes of its placements.": "جگہوں کے سائز کی تخلیقات شامل کریں۔",
	"its price is below the placement's floor": "قیمت جگہ کی کم از کم قیمت سے کم ہے", "Raise the price, or lower the floor.": "قیمت بڑھائیں، یا کم از کم قیمت گھٹائیں۔",
	"its goal for now was reached": "فی الحال ہدف پورا ہو چکا تھا", "Nothing to do, unless more is wanted: raise the goal.": "مزید چاہیے تو ہدف بڑھائیں۔",
	"its budget for now was spent": "فی الحال بجٹ ختم ہو چکا تھا", "Raise the daily or total budget.": "روزانہ یا کل بجٹ بڑھائیں۔",
	"it was ahead of its curve at the moment": "اس لمحے منصوبے سے آگے تھا", "Nothing to do: it is held back to spread over the flight.": "کچھ نہ کریں: پوری مدت پر پھیلانے کے لیے روکا جاتا ہے۔",
	"it is capped and the visitor has no id": "حد مقرر ہے اور قاری کی شناخت نہیں", "Set serve_without_id, if exceeding the cap now and then is acceptable.": "اگر کبھی کبھار حد سے تجاوز قبول ہو تو serve_without_id لگائیں۔",
	"the visitor had seen it as often as its caps allow": "قاری اسے مقررہ حد تک دیکھ چکا تھا", "Raise the cap, or widen the audience.": "حد بڑھائیں، یا سامعین وسیع کریں۔",
	"it was on the page already": "صفحے پر پہلے سے موجود تھا", "Nothing to do: a page shows it once.": "کچھ نہ کریں: ایک صفحے پر ایک بار دکھایا جاتا ہے۔",
	"a competitor was on the page": "صفحے پر حریف موجود تھا", "Choose other placements, or remove the label if it is no competitor.": "دوسری جگہیں چنیں، یا حریف نہ ہو تو لیبل ہٹائیں۔",
	"another line item was worth more to the page": "کوئی اور لائن آئٹم زیادہ قیمتی تھا", "Raise its priority or price, or target pages with less demand.": "ترجیح یا قیمت بڑھائیں، یا کم طلب والے صفحات چنیں۔",
}
