document.body.append("spin")
