package web

var urdu = map[string]string{}
