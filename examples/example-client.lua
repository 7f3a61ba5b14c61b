#!/usr/bin/lua5.3
-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The same client as example-client.py, in Lua: it subscribes to every switch's Switch Control, prints what arrives,
-- asks its counterpart elsewhere something, or answers one that asks.
-- Usage: example-client.lua NAME PASSWORD [--answer | JID BODY [SUBJECT]]

local lgi = require 'lgi'
local GLib = lgi.require('GLib', '2.0')
local Ismb = lgi.require('Ismb', '1')

local name, password, to, body, subject = table.unpack(arg)
if not password then
  io.stderr:write('Usage: example-client.lua NAME PASSWORD [--answer | JID BODY [SUBJECT]]\n')
  os.exit(2)
end
local answers = to == '--answer'
if answers then to = nil end

local loop = GLib.MainLoop()
local failure

local function fail(reason)
  failure = reason
  loop:quit()
end

local function say(...)
  print(...)
  io.stdout:flush()
end

local client = Ismb.Client.new(name, password, 'VR-Mgmt')

client:add_event_handler('session_start', 0, function()
  say('session started as ' .. client.bound_jid:get_full())
  client:send_presence(nil, nil)
  for domain in pairs(client:get_peer_domains(false)) do
    client:send_presence_subscription('switch@' .. domain, 'subscribe')
  end
  if to then client:send_message(to, body, subject, nil) end
end)

local function receive(_, _, message)
  say(message:get_from_jid():get_full() .. ' (' .. message:get_stanza_type() .. '): ' .. tostring(message:get_body()))
  if answers and not message:is_error() then
    client:send(message:reply('All is well. You wrote: ' .. message:get_body()))
  end
  if to then loop:quit() end
end

client:add_event_handler('message', 0, receive)
client:add_event_handler('message_error', 0, function(_, _, message)
  if message:get_body() then return end -- told as a message already
  say(message:get_from_jid():get_full() .. ' was not reached: ' .. message:get_error_condition())
  if to then loop:quit() end
end)
client:add_event_handler('presence_available', 0, function(_, _, presence)
  say('present: ' .. presence:get_from_jid():get_full())
end)

-- Makes the account on this switch's listener, and with it the address.
local made, problem = client:create_account_sync(nil)
if not made then
  io.stderr:write('example-client: ' .. tostring(problem) .. '\n')
  os.exit(1)
end

client:open_async(nil, function(_, result)
  local opened, why = client:open_finish(result)
  if not opened then fail(tostring(why)) end
end)
if to then
  GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, 15, function()
    fail('no answer within 15 seconds')
    return false
  end)
end

loop:run()
client:close()
if failure then
  io.stderr:write('example-client: ' .. failure .. '\n')
  os.exit(1)
end
