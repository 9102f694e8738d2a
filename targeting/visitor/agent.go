package visitor

import (
	"bytes"
	"strings"

	"github.com/mileusna/useragent"
)

// agent is what headers tell of a browser. It is cached, so it holds no part of a request.
type agent struct {
	device           Device
	os, browser, bot string
	headless         bool // Chrome without a window, by its name or its hints
}

// token is a piece of a user agent that decides something. Tables of them are looked through in order.
type token struct {
	text  string
	value string
}

// inApp are the browsers inside other apps and those the parser takes for the engine they are built on. They come
// before it.
var inApp = [...]token{
	{"Instagram", "instagram"}, {"FBAN/", "facebook"}, {"FBAV/", "facebook"}, {"FB_IAB", "facebook"}, {"BytedanceWebview", "tiktok"}, {"musical_ly", "tiktok"},
	{"TikTok", "tiktok"}, {"Snapchat", "snapchat"}, {"Pinterest", "pinterest"}, {"LinkedInApp", "linkedin"}, {"MicroMessenger", "wechat"},
	{"Twitter for", "twitter"}, {"TwitterAndroid", "twitter"}, {" Line/", "line"}, {"WhatsApp/", "whatsapp"}, {"GSA/", "google"},
	{"DuckDuckGo/", "duckduckgo"}, {" Ddg/", "duckduckgo"}, {"YaBrowser/", "yandex"}, {"UCBrowser/", "uc"}, {"HuaweiBrowser/", "huawei"}, {"MiuiBrowser/", "miui"},
	{"HeyTapBrowser/", "heytap"}, {"VivoBrowser/", "vivo"}, {"Silk/", "silk"}, {"Brave/", "brave"}, {"Vivaldi/", "vivaldi"},
	{"OPX/", "opera"}, {"OPT/", "opera"}, {"Focus/", "firefox"}, {"Klar/", "firefox"}, {"SamsungBrowser/", "samsung"}, {"QQBrowser/", "qq"}, {"Trident/", "ie"}, {"CrKey/", "chrome"}, {"Whale/", "whale"},
}

// browserNames are the parser's names in our words. Names that are not here are "other": they become values of a
// report's column, which must stay few.
var browserNames = map[string]string{
	useragent.Chrome: "chrome", useragent.Safari: "safari", useragent.MobileSafari: "safari", useragent.Firefox: "firefox", useragent.Edge: "edge",
	useragent.Opera: "opera", useragent.OperaMini: "opera", useragent.OperaTouch: "opera", useragent.SamsungBrowser: "samsung",
	useragent.InternetExplorer: "ie", useragent.Vivaldi: "vivaldi", "Huawei Browser": "huawei", "Miui Browser": "miui", "Android browser": "android",
	useragent.HeadlessChrome: "chrome",
}

var osNames = map[string]string{
	useragent.Android: "android", useragent.IOS: "ios", useragent.Windows: "windows", useragent.WindowsNT: "windows", useragent.MacOS: "macos",
	useragent.Linux: "linux", useragent.ChromeOS: "chromeos", useragent.CrOS: "chromeos", useragent.Harmony: "harmonyos", useragent.FreeBSD: "freebsd",
	useragent.WindowsPhone: "windows_phone", useragent.BlackBerry: "blackberry",
}

// consoles and televisions: text to look for, and the operating system it tells. Most of them look like
// phones or desktops to the parser.
var consoles = [...]token{{"PlayStation", "playstation"}, {"PLAYSTATION", "playstation"}, {"Xbox", "windows"}, {"Nintendo", "nintendo"}, {"Valve Steam Gamepad", "linux"}}

var televisions = [...]token{
	{"SMART-TV", "tizen"}, {"Smart-TV", "tizen"}, {"Web0S", "webos"}, {"webOS.TV", "webos"}, {"SmartTV", ""}, {"Smart TV", ""}, {"NetCast", "netcast"}, {"AppleTV", "tvos"}, {"Apple TV", "tvos"},
	{"tvOS", "tvos"}, {"GoogleTV", "android"}, {"Google TV", "android"}, {"Android TV", "android"}, {"AndroidTV", "android"}, {"BRAVIA", ""}, {"Roku/", "roku"}, {"Roku ", "roku"},
	{"CrKey", ""}, {"Chromecast", ""}, {"HbbTV", ""}, {"VIDAA", "vidaa"}, {"MiTV", "android"}, {"MIBOX", "android"}, {"Viera", ""}, {"VIERA", ""},
	{"; AFT", "android"}, {"OPR/46.0.2207.0 OMI", ""}, {"NETTV", ""}, {"TSBNetTV", ""}, {"SonyCEBrowser", ""}, {"DTV", ""}, {"InettvBrowser", ""}, {"Philips TV", ""}, {"PhilipsTV", ""},
}

// tabletModels begin the names of tablets that call themselves mobile, or nothing.
var tabletModels = [...]string{
	"; SM-T", "; SM-X", "; SM-P", "; GT-P", "; GT-N80", "; GT-N51", "; Lenovo TB", "; TB-", "; TB3", "; KF", "; Nexus 7", "; Nexus 9", "; Nexus 10",
	"; Pixel Tablet", "; Pixel C", "; MediaPad", "; AGS", "; BAH", "; MRX-", "; Xiaomi Pad", "; Redmi Pad", "; OPD", "SAMSUNG SM-T", "SAMSUNG SM-X", "SAMSUNG SM-P",
}

// The tables, as numbers in [tokens].
const (
	inAppTable = iota
	consoleTable
	televisionTable
	tabletTable
	numTables
)

// tokens finds what all tables look for in one pass over a user agent.
type tokens struct {
	all *automaton
	at  []tokenAt // by literal
}

type tokenAt struct{ table, index uint8 }

// found holds the first entry of each table that occurs, plus one; 0 for none.
type found [numTables]uint8

func newTokens() *tokens {
	var t tokens
	var literals []string
	add := func(table, index int, text string) {
		literals = append(literals, text)
		t.at = append(t.at, tokenAt{uint8(table), uint8(index)})
	}
	for table, list := range [][]token{inAppTable: inApp[:], consoleTable: consoles[:], televisionTable: televisions[:]} {
		for i := range list {
			add(table, i, list[i].text)
		}
	}
	for i, m := range tabletModels {
		add(tabletTable, i, m)
	}
	t.all = newAutomaton(literals)
	return &t
}

func (t *tokens) find(ua []byte) found {
	var f found
	t.all.each(ua, func(literal int32, _ int) bool {
		at := t.at[literal]
		if first := &f[at.table]; *first == 0 || at.index+1 < *first {
			*first = at.index + 1
		}
		return true
	})
	return f
}

// value returns what the first entry of a table that occurs tells.
func (f *found) value(table int, list []token) (string, bool) {
	if f[table] == 0 {
		return "", false
	}
	return list[f[table]-1].value, true
}

// readAgent reads a user agent and client hints. It does not keep them.
func readAgent(ua, chUA, chMobile, chPlatform []byte, programs *crawlers, known *tokens) agent {
	if len(ua) == 0 {
		// No browser leaves it out.
		return agent{bot: botTool}
	}
	text := string(ua)
	p := useragent.Parse(text)
	a := agent{os: osNames[p.OS], browser: browserNames[p.Name], bot: programs.class(ua), headless: p.Name == useragent.HeadlessChrome}
	f := known.find(ua)
	if v, ok := f.value(inAppTable, inApp[:]); ok {
		a.browser = v
	}
	if a.browser == "" {
		a.browser = otherName
	}
	// Hints tell the browser's real name (Edge or Opera may hide theirs in the user agent), not the app around it.
	if b, headless := brandOf(chUA); b != "" && (a.browser == "chrome" || a.browser == otherName || b != "chrome") {
		a.browser = b
		a.headless = a.headless || headless
		if headless && a.bot == "" {
			a.bot = botTool
		}
	}
	if o := platformOf(chPlatform); o != "" {
		a.os = o
	} else if strings.Contains(text, "KAIOS") {
		a.os = "kaios"
	}
	a.device = deviceOf(text, &f, &p, &a, chMobile)
	if a.os == "" {
		a.os = otherName
	}
	return a
}

const otherName = "other"

func deviceOf(text string, f *found, p *useragent.UserAgent, a *agent, chMobile []byte) Device {
	if o, ok := f.value(consoleTable, consoles[:]); ok {
		a.os = o
		return Console
	}
	if o, ok := f.value(televisionTable, televisions[:]); ok {
		if o == "" && strings.Contains(text, "Tizen") {
			o = "tizen"
		}
		if o != "" {
			a.os = o
		}
		return TV
	}
	mobile, hinted := bytes.Equal(chMobile, []byte("?1")), len(chMobile) > 0
	switch a.os {
	case "ios":
		if p.Tablet || strings.Contains(text, "iPad") {
			return Tablet
		}
		return Phone
	case "android", "harmonyos":
		if p.Tablet || f[tabletTable] != 0 {
			return Tablet
		}
		// Android tells phones from tablets by the word Mobile; hints say it outright.
		if hinted && !mobile || !hinted && !strings.Contains(text, "Mobi") && p.Name != useragent.OperaMini && a.os == "android" && !nativeApp(text) {
			return Tablet
		}
		return Phone
	case "windows", "macos", "linux", "chromeos", "freebsd":
		if mobile {
			return Phone
		}
		return Desktop
	case "windows_phone", "blackberry", "kaios":
		return Phone
	}
	switch {
	case p.Tablet:
		return Tablet
	case mobile || p.Mobile:
		return Phone
	case p.Desktop:
		return Desktop
	}
	return Other
}

// nativeApp tells the user agents of Android's own HTTP stack, which name the model but not Mobile.
func nativeApp(text string) bool {
	return strings.HasPrefix(text, "Dalvik/") || strings.Contains(text, "okhttp/")
}

// brands are the names in Sec-CH-UA, most telling first: every Chromium lists Chromium too.
var brands = [...]token{
	{`"Microsoft Edge"`, "edge"}, {`"Microsoft Edge WebView2"`, "edge"}, {`"Opera"`, "opera"}, {`"Opera GX"`, "opera"}, {`"OperaMobile"`, "opera"}, {`"Opera Mobile"`, "opera"}, {`"Samsung Internet"`, "samsung"}, {`"Brave"`, "brave"},
	{`"YaBrowser"`, "yandex"}, {`"Yandex"`, "yandex"}, {`"Vivaldi"`, "vivaldi"}, {`"DuckDuckGo"`, "duckduckgo"}, {`"Whale"`, "whale"}, {`"Amazon Silk"`, "silk"},
	{`"HeadlessChrome"`, "chrome"}, {`"Google Chrome"`, "chrome"},
}

// brandOf returns the browser in Sec-CH-UA, such as `"Chromium";v="130", "Microsoft Edge";v="130"`, and whether it
// runs without a screen.
func brandOf(chUA []byte) (name string, headless bool) {
	if len(chUA) == 0 {
		return "", false
	}
	for i := range brands {
		if bytes.Contains(chUA, []byte(brands[i].text)) {
			return brands[i].value, brands[i].text == `"HeadlessChrome"`
		}
	}
	return "", false
}

var platforms = [...]token{
	{"Android", "android"}, {"Windows", "windows"}, {"macOS", "macos"}, {"Linux", "linux"}, {"iOS", "ios"}, {"Chrome OS", "chromeos"}, {"Chromium OS", "chromeos"},
	{"FreeBSD", "freebsd"}, {"Tizen", "tizen"},
}

// platformOf returns the operating system in Sec-CH-UA-Platform, such as `"Windows"`.
func platformOf(ch []byte) string {
	ch = bytes.Trim(ch, `" `)
	for i := range platforms {
		if string(ch) == platforms[i].text {
			return platforms[i].value
		}
	}
	return ""
}
