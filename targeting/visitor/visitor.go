package visitor

// Visitor is what is known of who asks. It never holds a raw IP address.
type Visitor struct {
	ID      string // as sent by the page; "" without one
	Hash    uint64 // of ID, keyed; 0 without an id
	Country string // ISO 3166-1 alpha-2, "" when unknown
	Region  string
	City    string
	Device  Device
	OS      string // lower case: android, ios, windows, macos, linux, …
	Browser string // lower case: chrome, safari, firefox, edge, samsung, …
	Bot     string // "" for people; otherwise the class: crawler, tool, …
	Theme   string // light, dark or ""
	// Segments are the audiences that the page says the visitor belongs to, such as subscribers. They are the page's word, and
	// live as long as the input's.
	Segments []string
}

// Device is the class of the visitor's device.
type Device uint8

// The classes of devices.
const (
	Other Device = iota
	Phone
	Tablet
	Desktop
	TV
	Console
	NumDevices = iota
)

var deviceNames = [NumDevices]string{"other", "phone", "tablet", "desktop", "tv", "console"}

// String returns the class's value in YAML and reports.
func (d Device) String() string {
	if int(d) < len(deviceNames) {
		return deviceNames[d]
	}
	return "other"
}

// DeviceNames returns the values of all classes, in order.
func DeviceNames() []string { return deviceNames[:] }
