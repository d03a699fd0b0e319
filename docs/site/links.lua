-- Turns links of the repository's pages into links of the site: to another page, to an image, or to the file on GitHub.
-- A link to a file that does not exist ends the conversion.

local source, folder
local pages = {}

local function read(meta)
  source = pandoc.utils.stringify(meta.source)
  folder = source:match("^(.*/)[^/]*$") or ""
  for line in io.lines(pandoc.utils.stringify(meta.pages)) do
    local page, file = line:match("^(%S+) (%S+)")
    pages[file] = page
  end
  pages["docs/index.md"] = "index.html"
end

-- The path from the top of the repository.
local function resolve(path)
  local parts = {}
  for part in (folder .. path):gmatch("[^/]+") do
    if part == ".." then
      table.remove(parts)
    elseif part ~= "." then
      table.insert(parts, part)
    end
  end
  return table.concat(parts, "/")
end

local function exists(path)
  local file = io.open(path)
  if file then
    file:close()
  end
  return file ~= nil
end

local function translate(target)
  if target:match("^%a+:") or target:match("^#") then
    return target
  end
  local path, anchor = target:match("^([^#]*)(.*)$")
  local file = resolve(path)
  if not exists(file) then
    error(source .. ": a link to " .. target .. ", which does not exist")
  end
  if pages[file] then
    return pages[file] .. anchor
  end
  if file:match("^docs/images/") then
    return file:gsub("^docs/", "")
  end
  return "https://github.com/clnorm/clnorm/blob/main/" .. file .. anchor
end

local function link(element)
  element.target = translate(element.target)
  return element
end

local function image(element)
  element.src = translate(element.src)
  return element
end

local function raw(element)
  if element.format:match("html") then
    element.text = element.text:gsub('(src=")([^"]+)', function(name, target) return name .. translate(target) end)
    element.text = element.text:gsub('(href=")([^"]+)', function(name, target) return name .. translate(target) end)
  end
  return element
end

return { { Meta = read }, { Link = link, Image = image, RawInline = raw, RawBlock = raw } }
