-- What milter.py has miltertest play. Globals: mx, tag and hold are sockets of the gate, each with its policy; plain and ppap
-- are files. Every wrong answer is an error, which is miltertest's exit status.

local function expect(got, wanted, what)
  if got ~= wanted then error(what .. ": " .. tostring(got) .. " instead of " .. tostring(wanted), 2) end
end

-- A call that reports its own failure; where the gate answers at all, its answer is "go on".
local function step(conn, what, failed)
  if failed ~= nil then error(what .. " failed: " .. tostring(failed), 2) end
end

-- The fields of a message as a mail server hands them out (folds with a bare line feed), and its body.
local function message(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a"):gsub("\r\n", "\n")
  file:close()
  local head, body = text:match("^(.-\n)\n(.*)$")
  local fields = {}
  for line in head:gmatch("([^\n]*)\n") do
    if line:match("^[ \t]") then
      fields[#fields][2] = fields[#fields][2] .. "\n" .. line
    else
      local name, value = line:match("^([^:]+):(.*)$")
      fields[#fields + 1] = { name, value }
    end
  end
  return fields, (body:gsub("\n", "\r\n"))
end

-- A session up to the envelope. Leading spaces of values are kept where the gate asked for it.
local function session(socket)
  local conn = mt.connect(socket, 20, 0.1)
  if conn == nil then error("no connection to " .. socket) end
  step(conn, "negotiate", mt.negotiate(conn, nil, nil, nil))
  mt.macro(conn, SMFIC_CONNECT, "j", "mx.test.invalid", "{daemon_name}", "mx")
  step(conn, "connect", mt.conninfo(conn, "client.sender.example", "192.0.2.9"))
  step(conn, "helo", mt.helo(conn, "client.sender.example"))
  return conn
end

local function envelope(conn, id)
  mt.macro(conn, SMFIC_MAIL, "i", id, "{mail_addr}", "a@sender.example")
  step(conn, "mail", mt.mailfrom(conn, "<a@sender.example>", "BODY=8BITMIME"))
  step(conn, "rcpt", mt.rcptto(conn, "<bob@example.test>"))
  step(conn, "rcpt", mt.rcptto(conn, "<eve@example.test>"))
  step(conn, "data", mt.data(conn))
end

local function send(conn, id, path)
  envelope(conn, id)
  local fields, body = message(path)
  for _, field in ipairs(fields) do
    step(conn, "header " .. field[1], mt.header(conn, field[1], field[2]))
  end
  step(conn, "end of header", mt.eoh(conn))
  step(conn, "body", mt.bodystring(conn, body))
  step(conn, "end of message", mt.eom(conn))
  return mt.getreply(conn)
end

local function unchanged(conn, what)
  for name, kind in pairs({ added = MT_HDRADD, inserted = MT_HDRINSERT, changed = MT_HDRCHANGE, deleted = MT_HDRDELETE,
      body = MT_BODYCHANGE, quarantined = MT_QUARANTINE }) do
    if mt.eom_check(conn, kind) then error(what .. ": " .. name, 2) end
  end
end

local function play()
  -- What the gate asks for: every kind of edit it makes, and nothing left out that it must see.
  local conn = session(mx)
  for name, action in pairs({ addheaders = SMFIF_ADDHDRS, body = SMFIF_CHGBODY, headers = SMFIF_CHGHDRS, hold = SMFIF_QUARANTINE }) do
    expect(mt.test_action(conn, action), true, "asks for " .. name)
  end
  for name, option in pairs({ connect = SMFIP_NOCONNECT, mail = SMFIP_NOMAIL, rcpt = SMFIP_NORCPT, body = SMFIP_NOBODY,
      headers = SMFIP_NOHDRS }) do
    expect(mt.test_option(conn, option), false, "does without " .. name)
  end

  -- Several mails on one connection, some given up on the way.
  expect(send(conn, "T1", plain), SMFIR_ACCEPT, "honest mail")
  unchanged(conn, "honest mail")
  -- A reply with a text of its own. Which, miltertest does not keep of a final answer; real mail servers show it.
  expect(send(conn, "T2", ppap), SMFIR_REPLYCODE, "PPAP")
  envelope(conn, "T3")
  step(conn, "header", mt.header(conn, "Subject", " given up"))
  step(conn, "abort", mt.abort(conn))
  expect(send(conn, "T4", ppap), SMFIR_REPLYCODE, "PPAP after a mail that was given up")
  expect(send(conn, "T5", plain), SMFIR_ACCEPT, "honest mail after others")
  unchanged(conn, "honest mail after others")

  -- A body of many frames.
  envelope(conn, "T6")
  step(conn, "header", mt.header(conn, "Subject", " long"))
  step(conn, "header", mt.header(conn, "From", " a@sender.example"))
  step(conn, "end of header", mt.eoh(conn))
  for _ = 1, 20 do step(conn, "body", mt.bodystring(conn, string.rep("All work and no play\r\n", 2700))) end
  step(conn, "end of message", mt.eom(conn))
  expect(mt.getreply(conn), SMFIR_ACCEPT, "a megabyte")
  mt.disconnect(conn)

  conn = session(tag)
  expect(send(conn, "T7", ppap), SMFIR_ACCEPT, "marked mail")
  expect(mt.eom_check(conn, MT_HDRINSERT, "X-Sekisho-Action", " tag"), true, "X-Sekisho-Action")
  expect(mt.eom_check(conn, MT_HDRINSERT, "X-Sekisho-Reference"), true, "X-Sekisho-Reference")
  -- The subject is the only field that is changed; miltertest does not find it by its name.
  expect(mt.eom_check(conn, MT_HDRCHANGE), true, "another subject")
  expect(mt.eom_check(conn, MT_BODYCHANGE), false, "another body")
  mt.disconnect(conn)

  conn = session(hold)
  expect(send(conn, "T8", ppap), SMFIR_ACCEPT, "held mail")
  expect(mt.eom_check(conn, MT_QUARANTINE), true, "quarantine")
  mt.disconnect(conn)

  -- A client that hangs up in the middle, and one that does so without a word.
  conn = session(mx)
  envelope(conn, "T9")
  mt.disconnect(conn, false)
  conn = mt.connect(mx)
  mt.disconnect(conn, false)
  conn = session(mx)
  expect(send(conn, "T10", plain), SMFIR_ACCEPT, "honest mail after clients that hung up")
  mt.disconnect(conn)
end

-- miltertest ends with status 1 at an error, and keeps the reason to itself.
local ok, reason = pcall(play)
if not ok then
  mt.echo(tostring(reason))
  error(reason)
end
